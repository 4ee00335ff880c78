/// A tokenizer as its source describes it, whatever the source's format: what importers make and the compiler
/// reads.
struct TokenizerDefinition {
  /// Token strings as the source spells them.
  var vocabulary = Vocabulary()
  /// Pairs of ids, best first. The merged token is the one spelled as both together.
  var merges: [(left: UInt32, right: UInt32)] = []
  /// Take a piece that is a token as that token, whatever the merges would make of it.
  var ignoresMerges = false
  private(set) var addedTokens: [AddedToken] = []
  var normalizer = Normalizer.none
  /// What splits a text into the pieces that are merged, in order.
  var steps: [PreTokenizerStep] = []
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

  enum Normalizer: UInt32 {
    case none
    case nfc
  }
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
  }
}

/// One step of splitting a text into pieces.
enum PreTokenizerStep: Equatable {
  /// Splits each piece at the pattern's matches.
  case split(Pattern, name: String, SplitBehavior, inverted: Bool)
  /// Puts a space before each piece that does not begin with one.
  case prefixSpace
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
