/// What a name in a GGUF file's `tokenizer.ggml.pre` stands for. The names are llama.cpp's.
///
/// Where llama.cpp's regular expressions only approximate those of the tokenizer that they stand for,
/// the tokenizer's own are used; so are its normal forms, which llama.cpp leaves out.
struct GGUFPreTokenizer {
  private(set) var steps: [Step]
  private(set) var normalizers: [NormalizerStep] = []
  private(set) var ignoresMerges = false
  /// Whether texts begin with the beginning token if the file does not say.
  private(set) var addsBeginning = false

  /// A step of the pre-tokenizer: a split that keeps matches and gaps apart, unless it says otherwise.
  enum Step {
    case pattern(String)
    /// Each digit by itself.
    case digits
    /// Runs of punctuation.
    case punctuation
  }

  /// What the name stands for; nil for an unknown name.
  init?(name: String) {
    guard let known = Self.named[name] else { return nil }
    self = known
  }

  private init(_ patterns: String...) { steps = patterns.map { .pattern($0) } }

  /// The pre-tokenizer's steps, compiled as far as the definition has them.
  ///
  /// - Throws: `TokenizerError.pattern` if a pattern cannot be.
  func preTokenizerSteps() throws(TokenizerError) -> [PreTokenizerStep] {
    var result: [PreTokenizerStep] = []
    for step in steps {
      switch step {
      case .pattern(let source): result.append(try .split(regularExpression: source, .isolated))
      case .digits: result.append(.split(.characters(.numeric), name: "Digits", .isolated, inverted: false))
      case .punctuation:
        result.append(.split(.characters(.punctuation), name: "Punctuation", .contiguous, inverted: false))
      }
    }
    return result
  }

  /// The same, preceded by other steps.
  private func after(_ steps: Step...) -> GGUFPreTokenizer {
    var copy = self
    copy.steps = steps + copy.steps
    return copy
  }

  private func followed(by steps: Step...) -> GGUFPreTokenizer {
    var copy = self
    copy.steps += steps
    return copy
  }

  /// The same in Normalization Form C.
  private var composed: GGUFPreTokenizer {
    var copy = self
    copy.normalizers = [.form(.nfc)]
    return copy
  }

  private var ignoringMerges: GGUFPreTokenizer {
    var copy = self
    copy.ignoresMerges = true
    return copy
  }

  private var addingBeginning: GGUFPreTokenizer {
    var copy = self
    copy.addsBeginning = true
    return copy
  }

  private static let named: [String: GGUFPreTokenizer] = {
    var named: [String: GGUFPreTokenizer] = [:]
    for (names, kind) in kinds {
      for name in names.split(separator: " ") { named[String(name)] = kind }
    }
    return named
  }()

  private static let kinds: [(names: String, GGUFPreTokenizer)] = {
    let gpt2 = GGUFPreTokenizer(PatternSource.gpt2)
    let llama3 = GGUFPreTokenizer(PatternSource.llama3)
    let qwen2 = GGUFPreTokenizer(PatternSource.qwen2)
    let o200k = GGUFPreTokenizer(PatternSource.o200k)
    let bloom = GGUFPreTokenizer(PatternSource.bloom)
    let deepSeek3 = GGUFPreTokenizer(PatternSource.deepSeek)
      .after(.pattern(#"\p{N}{1,3}"#), .pattern(PatternSource.chineseAndJapanese))
    let grouped = #"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#
    return [
      (
        "default",
        gpt2.after(.pattern(#"[\p{P}\$\+<=>\^~\|]+"#))
          .followed(by: .pattern(#"\p{N}+"#), .pattern("[0-9][0-9][0-9]"))
      ),
      ("gpt-2 phi-2 gigachat a.x-4.0 mellum jais trillion granite-docling exaone4", gpt2),
      ("mpt olmo", gpt2.composed),
      ("starcoder refact smollm codeshell exaone minerva-7b mellum2", gpt2.after(.digits)),
      ("command-r", gpt2.after(.digits).composed),
      ("falcon", gpt2.after(.punctuation).followed(by: .pattern("[0-9][0-9][0-9]"))),
      (
        "llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2",
        llama3.ignoringMerges.addingBeginning
      ),
      ("dbrx smaug-bpe chatglm-bpe", llama3),
      ("glm4 glm5", llama3.ignoringMerges),
      (
        "jais-2",
        GGUFPreTokenizer(
          PatternSource.llama3.replacing(
            #"\s+(?!\S)|\s+"#,
            with: [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined()
              + #"\s{1,2}(?!\S)|\s{1}"#))
      ),
      ("qwen2 deepseek-r1-qwen kormo", qwen2.composed),
      ("qwen35", GGUFPreTokenizer(PatternSource.qwen35)),
      ("stablelm2 hunyuan solar-open grok-2 megrez", qwen2),
      ("laguna", qwen2.after(.pattern(#"[^\n]+|[\n]+"#))),
      (
        "minicpm5",
        GGUFPreTokenizer(PatternSource.llama3.replacing(#"\p{N}{1,3}"#, with: #"\p{N}+"#))
          .after(.pattern(#"\p{N}{1,3}"#)).ignoringMerges
      ),
      (
        "ufakzeka",
        GGUFPreTokenizer(PatternSource.qwen2.replacing(PatternSource.contractions + "|", with: ""))
      ),
      (
        "seed-coder",
        GGUFPreTokenizer(
          PatternSource.contractions
            + #"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+"#)
      ),
      (
        "bailingmoe bailingmoe2 llada-moe",
        GGUFPreTokenizer(
          #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
        )
      ),
      (
        "exaone-moe",
        GGUFPreTokenizer(
          PatternSource.contractions
            + #"|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]"#
            + #"|\s+(?!\S)|\s+"#)
      ),
      ("gpt-4o llama4 kanana2 talkie minimax-m2", o200k),
      ("tiny_aya cohere2moe", o200k.after(.pattern(#"\d{1,3}(?=(?:\d{3})*\b)"#))),
      (
        "youtu",
        GGUFPreTokenizer(PatternSource.o200k.replacing(#"\p{N}{1,3}"#, with: #"\p{N}"#))
          .after(.pattern("[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+")).ignoringMerges
      ),
      ("tekken", GGUFPreTokenizer(PatternSource.tekken).ignoringMerges.addingBeginning),
      ("kimi-k2", GGUFPreTokenizer(PatternSource.kimi)),
      ("superbpe", GGUFPreTokenizer(#"\p{N}+"#, #"(?=(\d{3})+(?!\d))"#)),
      ("deepseek-v3 hunyuan-dense joyai-llm hy_v4", deepSeek3),
      (
        "spark2_5",
        GGUFPreTokenizer(
          PatternSource.deepSeek.replacing(
            #"[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+"#, with: #"[\p{P}\p{S}]+|[\r\n]"#)
        ).after(.pattern(#"\p{N}{1,3}"#), .pattern(PatternSource.chineseAndJapanese))
          .followed(by: .pattern(#"\p{N}"#))
      ),
      (
        "afmoe",
        GGUFPreTokenizer(PatternSource.deepSeek).after(
          .pattern(grouped),
          .pattern("[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+"))
      ),
      (
        "deepseek-llm",
        GGUFPreTokenizer(
          "[\r\n]", PatternSource.deepSeekWords, #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#, #"\s+$"#,
          PatternSource.eastAsian
        ).followed(by: .digits)
      ),
      (
        "deepseek-coder",
        GGUFPreTokenizer("[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, PatternSource.eastAsian).followed(
          by: .digits)
      ),
      ("bloom poro-chat gpt3-finnish", bloom),
      ("viking", bloom.followed(by: .pattern(#"\p{N}"#))),
      (
        "chameleon",
        gpt2.after(
          .pattern("<sentinel:[0-9]+>"), .pattern("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"),
          .pattern("([\\t\\n]|    |  )"), .digits, .pattern(#"[\p{P}!-/:-@\[-`{-~]"#)
        ).addingBeginning
      ),
    ]
  }()
}

extension String {
  /// The string with another in the place of each occurrence of a part.
  fileprivate func replacing(_ part: String, with other: String) -> String {
    var result = ""
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(part) {
        result += other
        rest = rest.dropFirst(part.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result
  }
}
