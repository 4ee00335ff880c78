import Streams

/// What is in a compiled tokenizer's file: its sections as arrays of their elements, and its single numbers.
///
/// The file is whole and its sections lie inside; what their numbers say is for those who use them to check.
/// The arrays are valid as long as the image is.
struct CacheContents {
  private let sections: [UnsafeRawBufferPointer]

  /// Why nothing can be made of a file that is damaged, of another version, or of another source.
  static let damaged = TokenizerError.malformed("its compiled form does not pass the checks")

  /// - Parameters:
  ///   - image: the file.
  ///   - source: the digest of the source that it must have been compiled from.
  /// - Complexity: O(n) for the digest, at about 10 GB/s.
  /// - Throws: `damaged`.
  init(image: UnsafeRawBufferPointer, source: UInt64) throws(TokenizerError) {
    guard let sections = CacheImage.sections(of: image, source: source),
      sections[CacheSection.parameters.rawValue].count
        == CacheParameter.allCases.count * CacheSection.parameters.elementSize
    else { throw Self.damaged }
    self.sections = sections
  }

  /// A section of numbers of some size.
  func numbers<Number>(_ section: CacheSection, as _: Number.Type) -> UnsafeBufferPointer<Number> {
    sections[section.rawValue].bindMemory(to: Number.self)
  }

  /// A section of 32-bit numbers, as most are.
  subscript(section: CacheSection) -> UnsafeBufferPointer<UInt32> { numbers(section, as: UInt32.self) }

  func bytes(_ section: CacheSection) -> UnsafeBufferPointer<UInt8> { numbers(section, as: UInt8.self) }

  /// A single number.
  subscript(parameter: CacheParameter) -> UInt32 { self[.parameters][parameter.rawValue] }

  /// A token among the single numbers; nil for none.
  func token(_ parameter: CacheParameter) throws(TokenizerError) -> UInt32? {
    let id = self[parameter]
    guard isTokenOrNone(id) else { throw Self.damaged }
    return id == CacheSection.none ? nil : id
  }

  /// Whether a number is a token's id or `CacheSection.none`.
  func isTokenOrNone(_ id: UInt32) -> Bool { id < self[.vocabularySize] || id == CacheSection.none }

  /// The ids in a section.
  func tokens(_ section: CacheSection) throws(TokenizerError) -> [UInt32] {
    let size = self[.vocabularySize]
    guard self[section].allSatisfy({ $0 < size }) else { throw Self.damaged }
    return Array(self[section])
  }
}

/// A table in a compiled tokenizer whose initializer gives nil where a number leads outside.
///
/// - Throws: `CacheContents.damaged` for nil.
func checked<Table>(_ table: Table?) throws(TokenizerError) -> Table {
  guard let table else { throw CacheContents.damaged }
  return table
}
