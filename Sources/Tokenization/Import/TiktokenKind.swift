import Records

/// A vocabulary that comes as a rank file, and what its file does not say.
struct TiktokenKind {
  /// The names that the file may have, without `.tiktoken` or `.model`.
  var names: [String]
  /// The number of ranks.
  var count: Int
  /// The class that `tokenizer_config.json` must name.
  var configuredClass: String?
  var pattern: String
  /// Whether texts are put into Normalization Form C.
  var isComposed = false
  /// The control tokens, where `tokenizer_config.json` does not name others.
  var specials: [(text: String, id: Int)] = []
  /// Tokens that are put before a text.
  var prefix: [String] = []
  var beginning: String?
  var end: String?

  /// Whether a file is of this kind.
  func isKind(of name: String, count: Int, _ configuration: JSONValue?) -> Bool {
    var stem = Substring(name)
    for suffix in [".tiktoken", ".model"] where stem.hasSuffix(suffix) { stem = stem.dropLast(suffix.count) }
    guard names.contains(String(stem)), count == self.count else { return false }
    guard let configuredClass else { return true }
    return configuration?["tokenizer_class"]?.string == configuredClass
  }

  static let all = [llama3, llama4, qwen, qwen35, glm4, kimi, cl100k, o200k, harmony, p50k, p50kEdit, r50k]

  /// Consecutive ids from a first one.
  private static func numbered(_ texts: [String], from first: Int) -> [(text: String, id: Int)] {
    texts.enumerated().map { ($0.element, first + $0.offset) }
  }

  private static func reserved(_ name: String, _ numbers: Range<Int>) -> [String] {
    numbers.map { "<|\(name)reserved_special_token_\($0)|>" }
  }

  private static let endOfText = "<|endoftext|>"

  /// As Llama 3.1 names the control tokens; Llama 3 had reserved ones in the place of three.
  private static let llama3: TiktokenKind = {
    let named = [
      "<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
      "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>",
      "<|eom_id|>", "<|eot_id|>", "<|python_tag|>",
    ]
    return TiktokenKind(
      names: ["tokenizer"], count: 128_000, pattern: PatternSource.llama3,
      specials: numbered(named + reserved("", 3..<248), from: 128_000), prefix: ["<|begin_of_text|>"],
      beginning: "<|begin_of_text|>", end: "<|end_of_text|>")
  }()

  private static let llama4: TiktokenKind = {
    let basic = [
      "<|begin_of_text|>", "<|end_of_text|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    ]
    let text =
      ["<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>", "<|step|>"]
      + reserved("text_post_train_", 0..<6) + [
        "<|python_start|>", "<|python_end|>", "<|finetune_right_pad|>",
      ]
      + reserved("text_post_train_", 8..<69)
    let vision =
      ["<|image_start|>", "<|image_end|>"] + reserved("vision_", 0..<2)
      + ["<|tile_x_separator|>", "<|tile_y_separator|>"] + reserved("vision_", 2..<6)
      + ["<|image|>"] + reserved("vision_", 6..<7) + ["<|patch|>"] + reserved("vision_", 7..<1048)
    let reasoning =
      reserved("reasoning_", 0..<8) + ["<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"]
    let named = basic + text + vision + reasoning
    return TiktokenKind(
      names: ["tokenizer"], count: 200_000, pattern: PatternSource.o200k,
      specials: numbered(named + reserved("", 0..<2048 - named.count), from: 200_000),
      prefix: ["<|begin_of_text|>"], beginning: "<|begin_of_text|>", end: "<|end_of_text|>")
  }()

  private static let qwen = TiktokenKind(
    names: ["qwen"], count: 151_643, pattern: PatternSource.qwen2, isComposed: true,
    specials: numbered(
      [endOfText, "<|im_start|>", "<|im_end|>"] + (0..<205).map { "<|extra_\($0)|>" }, from: 151_643),
    end: endOfText)

  private static let qwen35 = TiktokenKind(
    names: ["qwen3_5", "qwen3_6", "qwen3.5", "qwen3.6"], count: 248_044, pattern: PatternSource.qwen35,
    isComposed: true,
    specials: numbered(
      [
        endOfText, "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
        "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
        "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>",
        "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
        "<tool_response>", "</tool_response>", "<think>", "</think>", "<|audio_start|>", "<|audio_end|>",
        "<tts_pad>", "<tts_text_bos>", "<tts_text_eod>", "<tts_text_bos_single>", "<|audio_pad|>",
      ], from: 248_044), end: endOfText)

  /// The control tokens are in `tokenizer_config.json`.
  private static let glm4 = TiktokenKind(
    names: ["tokenizer"], count: 151_329, configuredClass: "ChatGLM4Tokenizer", pattern: PatternSource.llama3,
    prefix: ["[gMASK]", "<sop>"], end: endOfText)

  /// The control tokens that have names are in `tokenizer_config.json`.
  private static let kimi = TiktokenKind(
    names: ["tiktoken"], count: 163_584, configuredClass: "TikTokenTokenizer", pattern: PatternSource.kimi,
    specials: (163_584..<163_840).map { ("<|reserved_token_\($0)|>", $0) }, beginning: "[BOS]", end: "[EOS]")

  private static let cl100k = TiktokenKind(
    names: ["cl100k_base"], count: 100_256, pattern: PatternSource.cl100k,
    specials: [
      (endOfText, 100_257), ("<|fim_prefix|>", 100_258), ("<|fim_middle|>", 100_259),
      ("<|fim_suffix|>", 100_260), ("<|endofprompt|>", 100_276),
    ], end: endOfText)

  private static let o200k = TiktokenKind(
    names: ["o200k_base"], count: 199_998, pattern: PatternSource.o200k,
    specials: [(endOfText, 199_999), ("<|endofprompt|>", 200_018)], end: endOfText)

  /// That of gpt-oss.
  private static let harmony = TiktokenKind(
    names: ["o200k_harmony"], count: 199_998, pattern: PatternSource.o200k,
    specials: [
      ("<|startoftext|>", 199_998), (endOfText, 199_999), ("<|return|>", 200_002), ("<|constrain|>", 200_003),
      ("<|channel|>", 200_005), ("<|start|>", 200_006), ("<|end|>", 200_007), ("<|message|>", 200_008),
      ("<|call|>", 200_012),
    ] + [200_000, 200_001, 200_004, 200_009, 200_010, 200_011].map { ("<|reserved_\($0)|>", $0) }
      + (200_013..<201_088).map { ("<|reserved_\($0)|>", $0) }
      + [("<|endofprompt|>", 200_018)],
    beginning: "<|startoftext|>", end: "<|return|>")

  private static let r50k = TiktokenKind(
    names: ["r50k_base", "gpt2"], count: 50_256, pattern: PatternSource.gpt2,
    specials: [(endOfText, 50_256)], end: endOfText)

  private static let p50k = TiktokenKind(
    names: ["p50k_base"], count: 50_280, pattern: PatternSource.gpt2,
    specials: [(endOfText, 50_256)], end: endOfText)

  private static let p50kEdit = TiktokenKind(
    names: ["p50k_edit"], count: 50_280, pattern: PatternSource.gpt2,
    specials: [
      (endOfText, 50_256), ("<|fim_prefix|>", 50_281), ("<|fim_middle|>", 50_282), ("<|fim_suffix|>", 50_283),
    ], end: endOfText)
}
