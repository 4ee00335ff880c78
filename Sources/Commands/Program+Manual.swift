extension Program {
  /// The options as the manual page's SYNOPSIS has them in mdoc, one `.Op` line each, for example
  /// `.Op Fl k | -top Ar K`.
  package var manualSynopsis: [String] {
    options.map { option in
      let names = option.short.map { "\($0) | -\(option.name)" } ?? "-\(option.name)"
      return ".Op Fl " + names + (option.argument.map { " Ar \($0)" } ?? "")
    }
  }

  /// Every option as mdoc's `Fl` macro has it, one dash less than on the command line: `k`, `-top`.
  package var manualFlags: [String] {
    options.flatMap { option in (option.short.map { [String($0)] } ?? []) + ["-" + option.name] }
  }
}
