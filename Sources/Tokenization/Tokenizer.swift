import Checkpoints
import Streams

/// A tokenizer, compiled and mapped. Immutable; any number of encoders and threads may share it.
///
/// A tokenizer's source is compiled once into a file in the cache folder, named by the source's digest, and mapped from
/// then on; grape-cache(5) describes it. Where no such file can be written the compiled tokenizer is kept in memory.
package final class Tokenizer: Sendable {
  /// `NAME@8hex`: the model's name and the digest of the tokenizer's source.
  package let identity: String
  let tables: TokenizerTables
  private let image: TokenizerImage

  /// The ids from 0 up to this cover the vocabulary, added tokens included.
  package var vocabularySize: Int { tables.vocabularySize }
  /// Tokens that the tokenizer's own post-processor puts before a text.
  package var prefix: [UInt32] { tables.prefix }
  /// Tokens that the tokenizer's own post-processor puts after a text.
  package var suffix: [UInt32] { tables.suffix }
  /// The beginning-of-text token, where one is configured.
  package var beginning: UInt32? { tables.beginning }
  /// The end-of-text token, where one is configured.
  package var end: UInt32? { tables.end }
  /// Whether `prefix` begins with `beginning`.
  package var addsBeginning: Bool { beginning != nil && prefix.first == beginning }

  /// Opens the tokenizer of a model: that in its folder, whatever the file, or the vocabulary in its GGUF file.
  ///
  /// - Parameters:
  ///   - location: the model.
  ///   - cacheFolder: where compiled tokenizers are kept; nil keeps none.
  ///   - settlingTime: for how many seconds files must have been left alone for their digest to be noted there.
  /// - Returns: the tokenizer, from the cache if it is there and whole.
  /// - Throws: `TokenizerError` when the source is malformed or has what is not supported, `CheckpointError` or
  ///   `IOError` when it cannot be read.
  package static func open(
    _ location: ModelLocation, cacheFolder: String? = Paths.cacheFolder, settlingTime: Int64 = 5
  ) throws -> Tokenizer {
    let source = try TokenizerSource.open(location, cacheFolder: cacheFolder, settlingTime: settlingTime)
    let image = try TokenizerImage.open(source, cacheFolder: cacheFolder)
    return Tokenizer(identity: "\(location.name)@\(hex(image.digest >> 32, digits: 8))", image)
  }

  private init(identity: String, _ image: TokenizerImage) {
    self.identity = identity
    self.image = image
    tables = image.tables
  }

  /// Whether a token can end a turn: it is the end token, or another special one.
  func endsTurn(_ id: UInt32) -> Bool { id == end || tables.addedTokens.isSpecial(id) }

  /// Whether tokens are this tokenizer's, by what `grape.tokenizer` says of them: `NAME@8hex` or `NAME@8hex/template`.
  package func made(_ tokens: String) -> Bool { Self.digest(tokens) == Self.digest(identity) }

  /// The digest in an identity: the first 8 characters between an `@` and a `/` or the end. A template's name behind the
  /// slash may hold a digest of its own.
  private static func digest(_ identity: String) -> Substring? {
    identity.split(separator: "@").dropFirst().lazy.map { $0.prefix { $0 != "/" } }.first {
      $0.utf8.count == 8
    }
  }

  /// Appends the text of tokens, as bytes: in a byte-level tokenizer they may end within a character.
  ///
  /// The tokens are taken as a whole: what the text of one is may depend on those before it.
  ///
  /// - Parameters:
  ///   - ids: the tokens.
  ///   - bytes: receives their text.
  /// - Throws: `TokenizerError` for an id that is none of the tokenizer's.
  package func decode(_ ids: some Sequence<UInt32>, into bytes: inout [UInt8]) throws(TokenizerError) {
    if tables.decoder.isConcatenation {
      for id in ids { bytes.append(contentsOf: try string(id)) }
    } else {
      var strings: [[UInt8]] = []
      for id in ids where try !string(id).isEmpty { strings.append(Array(try string(id))) }
      bytes += tables.decoder.decode(strings)
    }
  }

  private func string(_ id: UInt32) throws(TokenizerError) -> UnsafeBufferPointer<UInt8> {
    guard Int(id) < tables.vocabularySize else { throw .unknownToken(id) }
    return tables.strings[id]
  }
}
