import Commands
import Records
import Templates
import Tokenization

/// What the command line asks for.
struct Settings: Sendable {
  let model: String
  let template: TemplateChoice
  /// A file with a text that comes before every text.
  let contextPath: String?
  let turns: Template.Turns
  let mapping: RecordMapping
  let group: JSONPath?
  /// Whether contexts that differ in white space around texts and in their Unicode form only make one group.
  let groupsLoosely: Bool
  let selection: CandidateSelection
  private let boundary: TokenizedText.Boundary
  private let literalSpecials: Bool
  let includesEnd: Bool
  private let maximumLength: Int
  let keepsText: Bool
  let action: Action
  /// How many records are shown.
  let shownCount: Int?

  /// What is done with a record.
  enum Action: String {
    /// Its texts become tokens.
    case tokenize
    /// Its texts' tokens are counted, and the counts are all that is written.
    case count
    /// Its tokens become text.
    case decode
    /// Its text is shown with the tokens' borders and the response.
    case show
  }

  static let options: [Option] =
    [
      Option(
        "model", "m", argument: "MODEL", section: text,
        help: "Model whose tokenizer is used: a folder, a .gguf file, or org/name in the Hugging Face cache"),
      Option(
        "template", argument: "NAME", choices: ["chat"] + Template.names, section: text,
        help:
          "How instruction and response become one text: chat, the model's own template (chat:NAME one of several); "
          + "\(Template.names.joined(separator: ", ")); or a format string such as "
          + "'{instruction}\\n\\n{response}' [default: qa]"),
      Option("template-file", argument: "FILE", section: text, help: "Render with the chat template in FILE"),
      Option(
        "bos", argument: "TEXT", section: text, help: "The beginning token's text that a chat template sees"),
      Option("eos", argument: "TEXT", section: text, help: "The end token's text that a chat template sees"),
      Option(
        "context", argument: "FILE", section: text,
        help: "Put the text in FILE, such as worked examples, before every text"),
      Option(
        "turns", argument: "WHICH", choices: Template.Turns.allCases.map(\.rawValue), section: text,
        help: "The assistant's turns that count as response: last or all [default: last]"),
      Option(
        "boundary", argument: "HOW", choices: TokenizedText.Boundary.allCases.map(\.rawValue), section: text,
        help:
          "Tokenize the text as a whole (token), or apart before and after the response's beginning (split) "
          + "[default: token]"),
      Option("literal-specials", section: text, help: "Take the text of special tokens as plain text"),
      Option(
        "score-end", section: text, help: "Put the end token behind the response and count it as response"),
      Option("max-length", argument: "N", section: text, help: "Keep only the first N tokens of a text"),
      Option("keep-text", section: text, help: "Put the text into grape.text"),
      Option(
        "count", section: text,
        help: "Write counts only: a line with the numbers of tokens in all and in the response, a tab between"
      ),
      Option("decode", section: text, help: "Turn grape.tokens back into text, which is put into grape.text"),
      Option(
        "show", argument: "N", section: text,
        help: "Show the first N records to a person: the text, its tokens, and which of them are the response"
      ),
      .shape(section: records), .prompt(section: records),
      Option(
        "response", argument: "PATH", section: records,
        help: "Where the response is; with --candidates, where it is in a candidate"),
      Option("candidates", argument: "PATH", section: records, help: "Where the list of candidates is"),
      Option(
        "group-by", argument: "PATH", section: records,
        help: "Take the group from the record instead of from the text before the response"),
      Option(
        "group-loosely", section: records,
        help:
          "Let contexts be one group that differ only in white space around texts or in Unicode normalization"
      ),
    ] + CandidateSelection.options

  private static let text = "Text and tokens"
  private static let records = "Where things are in a record"

  init(_ arguments: Arguments) throws(UsageError) {
    guard let model = arguments.string("model") else { throw UsageError("a model is needed: -m MODEL") }
    self.model = model
    template = try TemplateChoice(arguments)
    contextPath = arguments.string("context")
    turns = try arguments.choice("turns") ?? .last
    mapping = RecordMapping(
      shape: try arguments.choice("shape"), prompt: try arguments.path("prompt"),
      response: try arguments.path("response"), candidates: try arguments.path("candidates"))
    group = try arguments.path("group-by")
    groupsLoosely = arguments[flag: "group-loosely"]
    _ = try arguments.one(of: "group-by", "group-loosely")
    selection = try CandidateSelection(arguments)
    boundary = try arguments.choice("boundary") ?? .token
    literalSpecials = arguments[flag: "literal-specials"]
    includesEnd = arguments[flag: "score-end"]
    maximumLength = try arguments.int("max-length", in: 1 ... .max) ?? .max
    keepsText = arguments[flag: "keep-text"]
    shownCount = try arguments.int("show", in: 1 ... .max)
    action = try arguments.one(of: "count", "decode", "show").flatMap(Action.init) ?? .tokenize
  }

  /// How the texts of a template are tokenized.
  func tokenization(of template: Template) -> TokenizedText.Options {
    TokenizedText.Options(
      boundary: boundary, literalSpecials: literalSpecials, includesEnd: includesEnd,
      isComplete: template.isComplete, maximumLength: maximumLength, keepsEnds: action == .show)
  }
}
