extension Program {
  /// A script that makes `shell` complete the program's options and, where they have choices, their values.
  func completions(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletions
    case .zsh: zshCompletions
    case .fish: fishCompletions
    }
  }

  private var bashCompletions: String {
    let function = "_" + Self.replace("-", with: "_", in: name)
    let words = options.flatMap { ($0.short.map { ["-\($0)"] } ?? []) + [$0.spelling] }
    var cases = ""
    for option in options where option.argument != nil {
      let names = (option.short.map { "-\($0) | " } ?? "") + option.spelling
      let reply =
        if !option.choices.isEmpty {
          "COMPREPLY=($(compgen -W '\(option.choices.joined(separator: " "))' -- \"$current\"))"
        } else if option.takesFile {
          "COMPREPLY=($(compgen -f -- \"$current\"))"
        } else {
          "COMPREPLY=()"
        }
      cases += "    \(names)) \(reply); return ;;\n"
    }
    return """
      \(function)() {
        local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
        # Bash takes the = of --name=value for a word of its own.
        if [[ $current == = ]]; then current=; else [[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}; fi
        case $previous in
      \(cases)  esac
        if [[ $current == -* ]]; then
          COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- "$current"))
        else
          COMPREPLY=($(compgen -f -- "$current"))
        fi
      }
      complete -o filenames -F \(function) \(name)

      """
  }

  private var zshCompletions: String {
    var lines: [String] = []
    for option in options {
      let help = [("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), (":", "\\:")].reduce(option.help) {
        text, escape in
        Self.replace(escape.0, with: escape.1, in: text)
      }
      let value = option.argument.map { argument in
        let action =
          option.takesFile
          ? "_files" : option.choices.isEmpty ? " " : "(\(option.choices.joined(separator: " ")))"
        return argument.split(separator: " ").map { ":\($0):\(action)" }.joined()
      }
      let explanation = Self.quoted("[\(help)]\(value ?? "")")
      let equals = option.argument == nil ? "" : "="
      if let short = option.short {
        let plus = option.argument == nil ? "" : "+"
        lines.append(
          "'(-\(short) \(option.spelling))'{-\(short)\(plus),\(option.spelling)\(equals)}\(explanation)")
      } else {
        lines.append("\(option.spelling)\(equals)\(explanation)")
      }
    }
    let arguments = (lines + ["'*:file:_files'"]).joined(separator: " \\\n    ")
    // As a file in `fpath` the script is the body of the function that completes; sourced, it declares that function.
    return """
      #compdef \(name)
      _\(name)() {
        _arguments -s -S \\
          \(arguments)
      }
      if [[ ${funcstack[1]} == _\(name) ]]; then _\(name) "$@"; else compdef _\(name) \(name); fi

      """
  }

  private var fishCompletions: String {
    options.map { option in
      var line = "complete -c \(name) -l \(option.name)"
      if let short = option.short { line += " -s \(short)" }
      if option.argument != nil { line += option.takesFile ? " -r" : " -x" }
      if !option.choices.isEmpty { line += " -a \(Self.quoted(option.choices.joined(separator: " ")))" }
      return line + " -d \(Self.quoted(option.help, backslashes: true))\n"
    }.joined()
  }

  /// `text` as one word of a shell. Fish takes backslashes inside single quotes for escapes.
  private static func quoted(_ text: String, backslashes: Bool = false) -> String {
    let text = backslashes ? replace("\\", with: "\\\\", in: text) : text
    return "'" + replace("'", with: backslashes ? "\\'" : "'\\''", in: text) + "'"
  }

  private static func replace(_ character: Character, with text: String, in whole: String) -> String {
    whole.split(separator: character, omittingEmptySubsequences: false).joined(separator: text)
  }
}
