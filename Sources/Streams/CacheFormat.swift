/// What the files of the cache have in common; grape-cache(5) describes them.
///
/// A file is made from a source once, named by the digest of the source, and mapped by every process from
/// then on. It begins with a header: 8 characters that say what it holds, the version of that format,
/// a byte order mark, the digest of the source, the file's length, the number of entries of the table that
/// follows, and 8 zeros. Numbers are little-endian. What follows is the format's own; it is to end with a
/// digest of all that is to be believed.
package struct CacheFormat: Sendable {
  /// 8 bytes.
  private let magic: [UInt8]
  /// To be increased with every change of the format or of what is put into it.
  private let version: UInt32

  package static let headerSize = 48
  /// What parts of a file that are mapped as arrays begin at multiples of.
  package static let alignment = 64
  private static let byteOrderMark: UInt32 = 0x0102_0304

  /// - Parameter magic: 8 ASCII characters.
  package init(magic: String, version: UInt32) {
    self.magic = Array(magic.utf8)
    self.version = version
  }

  package func header(source: UInt64, length: Int, entries: Int) -> [UInt8] {
    var header = magic
    header.append(littleEndian: version)
    header.append(littleEndian: Self.byteOrderMark)
    header.append(littleEndian: source)
    header.append(littleEndian: UInt64(length))
    header.append(littleEndian: UInt64(entries))
    header.append(littleEndian: UInt64(0))
    return header
  }

  /// Whether a file begins with the header that it ought to have.
  package func begins(_ file: UnsafeRawBufferPointer, source: UInt64, entries: Int) -> Bool {
    file.starts(with: header(source: source, length: file.count, entries: entries))
  }
}

extension [UInt8] {
  /// Appends a number, little-endian.
  package mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
