/// A tokenizer as its source describes it, whatever the source's format: what importers make and the compiler
/// reads.
struct TokenizerDefinition {
  /// Token strings as the source spells them.
  var vocabulary = Vocabulary()
  /// How token strings stand for text.
  var spelling = Spelling.byteLevel
  /// What turns a piece of text into tokens.
  var model = Model.merges
  /// Pairs of ids, best first. The merged token is the one spelled as both together.
  var merges: [(left: UInt32, right: UInt32)] = []
  /// Take a piece that is a token as that token, whatever the merges would make of it.
  var ignoresMerges = false
  /// Tokens that the model makes of no text, as control tokens.
  var hidden: Set<UInt32> = []
  /// The token that stands for text which has none.
  var unknown: UInt32?
  /// Make one unknown token of adjacent characters that are unknown.
  var fusesUnknown = false
  /// Spell characters that have no token by tokens of their bytes, `<0x00>` to `<0xFF>`.
  var byteFallback = false
  private(set) var addedTokens: [AddedToken] = []
  /// What is done to a text before it is split, in order.
  var normalizers: [NormalizerStep] = []
  /// What splits a text into the pieces that are merged, in order.
  var steps: [PreTokenizerStep] = []
  /// What makes text of the strings of tokens, in order.
  var decoders: [DecoderStep] = [.byteLevel]
  /// Ids that the post-processor puts around a text.
  var prefix: [UInt32] = []
  var suffix: [UInt32] = []
  var beginning: UInt32?
  var end: UInt32?

  /// Places in `addedTokens`, by content and by id.
  private var addedContents: [[UInt8]: Int] = [:]
  private var addedIds: Set<UInt32> = []

  /// The added token with this content.
  func addedToken(_ content: [UInt8]) -> AddedToken? { addedContents[content].map { addedTokens[$0] } }

  /// Whether an added token has this id.
  func hasAddedToken(_ id: Int) -> Bool { UInt32(exactly: id).map(addedIds.contains) ?? false }

  /// Adds an added token under an id.
  ///
  /// - Throws: `TokenizerError.malformed` when the id is out of range or another token's.
  mutating func append(_ token: AddedToken, id: Int) throws(TokenizerError) {
    guard id >= 0, id < Vocabulary.maximumSize else { throw .malformed("token id \(id) is out of range") }
    let spelled = vocabulary.string(UInt32(id))
    guard spelled.isEmpty || spelled.elementsEqual(token.content), addedIds.insert(UInt32(id)).inserted else {
      let name = String(decoding: token.content, as: UTF8.self)
      throw .malformed("the id \(id) of the added token '\(name)' is another token's")
    }
    addedContents[token.content] = addedTokens.count
    addedTokens.append(AddedToken(id: UInt32(id), content: token.content, flags: token.flags))
  }

  /// How token strings stand for text.
  enum Spelling {
    /// Each character is a byte, as in GPT-2; see `ByteLevel`. Pieces begin as bytes.
    case byteLevel
    /// The strings are the text. Pieces begin as characters.
    case characters
  }

  /// What turns a piece of text into tokens.
  enum Model {
    /// Byte pair encoding by `merges`.
    case merges
    /// Byte pair encoding as SentencePiece has it: what is together a token is merged, the one with the best
    /// score first; one score for each id. Characters without a token may take part.
    case pieces(scores: [Float])
    /// The most probable segmentation; the scores are logarithms, one for each id.
    case unigram(UnigramScores)
  }
}

/// The scores of a unigram model.
struct UnigramScores {
  /// One for each id.
  var tokens: [Double]
  /// That of a character without a token.
  var unknown: Double
  /// See `UnigramModel.isSingle`.
  var isSingle: Bool
}

/// One step of normalizing a text.
enum NormalizerStep: Equatable {
  /// A normalization form of Unicode.
  case form(NormalizationForm)
  /// Replaces the pattern's matches.
  case replace(Pattern, name: String, with: [UInt8])
  /// Puts a string before a text that is not empty.
  case prepend([UInt8])
  /// Removes white space at the ends.
  case strip(left: Bool, right: Bool)
  case lowercase
  /// Removes combining marks.
  case stripAccents
  /// Removes control characters and makes white space of others (as in Nematus).
  case nmt
  /// Replaces bytes by the characters that spell them; see `ByteLevel`.
  case byteLevel
  /// What SentencePiece does.
  case sentencePiece(SentencePieceNormalization)
}

/// A normalization form of Unicode Standard Annex 15.
enum NormalizationForm: UInt32 {
  case nfc = 1
  case nfd, nfkc, nfkd
}

/// One step of making text of token strings.
enum DecoderStep: Equatable {
  /// Characters that spell bytes become these bytes, and the strings one; a string with
  /// any other character stays.
  case byteLevel
  /// Replaces a string wherever it occurs.
  case replace([UInt8], with: [UInt8])
  /// Runs of `<0x00>` to `<0xFF>` become characters, or a replacement character for each where they are none.
  case byteFallback
  /// Makes one string of all.
  case fuse
  /// Removes a character, at most so many times, from both ends of each string.
  case strip(Unicode.Scalar, start: Int, stop: Int)
  /// The replacement becomes a space, or nothing in the first string if that `dropsFirst`.
  case metaspace(Unicode.Scalar, dropsFirst: Bool)
  /// Puts a space between strings.
  case joinWithSpaces
}

/// A token that is looked for in the text itself, before anything else.
struct AddedToken: Equatable {
  var id: UInt32
  var content: [UInt8]
  var flags: Flags

  struct Flags: OptionSet {
    let rawValue: UInt32
    /// A control token: taken as plain text under `literalSpecials`.
    static let special = Flags(rawValue: 1)
    /// Takes the white space before it, or after it, too.
    static let stripsLeft = Flags(rawValue: 2)
    static let stripsRight = Flags(rawValue: 4)
    /// Matches only where no word character stands beside it.
    static let singleWord = Flags(rawValue: 8)
    /// Looked for in the normalized text, and normalized itself.
    static let normalized = Flags(rawValue: 16)
    /// Looked for in the normalized text as it is.
    static let verbatim = Flags(rawValue: 32)
  }
}

/// One step of splitting a text into pieces.
enum PreTokenizerStep: Equatable {
  /// Splits each piece at the pattern's matches.
  case split(Pattern, name: String, SplitBehavior, inverted: Bool)
  /// Puts a space before each piece that does not begin with one.
  case prefixSpace
  /// Replaces spaces by a character, and puts that before some of the pieces that do not begin with it.
  case metaspace(Unicode.Scalar, MetaspacePrefix)
  /// Replaces bytes by the characters that spell them; see `ByteLevel`.
  case byteLevel
}

/// Before which pieces `Metaspace` puts its character.
enum MetaspacePrefix: UInt32 {
  case always
  /// Those where the text begins.
  case first
  case never
}

/// What becomes of the matches of a split.
enum SplitBehavior: UInt32 {
  /// Each match is a piece of its own.
  case isolated
  /// Matches disappear.
  case removed
  /// A match ends the piece before it.
  case mergedWithPrevious
  /// A match begins the piece after it.
  case mergedWithNext
  /// Adjacent matches are one piece.
  case contiguous
}
