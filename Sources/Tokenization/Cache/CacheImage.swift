import Streams

/// The layout of a compiled tokenizer's file: a header, a table of sections, the sections, a digest.
///
/// Little-endian throughout. The header is the magic, the version of the format, the byte order mark, the
/// digest of the tokenizer's source, the file's length and the number of sections; each entry of the table is
/// a section's offset and its number of elements; sections begin at multiples of 64; the last 8 bytes are the
/// XXH64 of all before them. So a file that is cut short, altered anywhere, or written by another version or
/// for another source is recognized for certain or with the certainty of the digest.
enum CacheImage {
  static let format = CacheFormat(magic: "grapetok", version: 9)
  static let headerSize = CacheFormat.headerSize
  static let alignment = CacheFormat.alignment

  /// Assembles a file from its sections.
  struct Writer {
    private var sections = [[UInt8]](repeating: [], count: CacheSection.allCases.count)

    mutating func set<Element: FixedWidthInteger>(_ section: CacheSection, _ elements: [Element]) {
      assert(MemoryLayout<Element>.size == section.elementSize)
      sections[section.rawValue] = elements.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    /// The file's bytes.
    func image(source: UInt64) -> [UInt8] {
      let tableEnd = headerSize + sections.count * 16
      var offsets: [Int] = []
      var end = tableEnd
      for section in sections {
        end = (end + alignment - 1) / alignment * alignment
        offsets.append(end)
        end += section.count
      }
      end = (end + 7) / 8 * 8 + 8
      var image = format.header(source: source, length: end, entries: sections.count)
      image.reserveCapacity(end)
      for (section, offset) in zip(CacheSection.allCases, offsets) {
        image.append(littleEndian: UInt64(offset))
        image.append(littleEndian: UInt64(sections[section.rawValue].count / section.elementSize))
      }
      for (section, offset) in zip(sections, offsets) {
        image.append(contentsOf: repeatElement(0, count: offset - image.count))
        image += section
      }
      image.append(contentsOf: repeatElement(0, count: end - 8 - image.count))
      image.append(littleEndian: image.withUnsafeBytes { xxh64($0) })
      return image
    }
  }

  /// The sections of a file that is whole and was compiled from the source with this digest; otherwise nil.
  ///
  /// - Complexity: O(n) for the digest, at about 10 GB/s.
  static func sections(of image: UnsafeRawBufferPointer, source: UInt64) -> [UnsafeRawBufferPointer]? {
    let tableEnd = headerSize + CacheSection.allCases.count * 16
    guard image.count >= tableEnd + 8,
      format.begins(image, source: source, entries: CacheSection.allCases.count),
      image.number(image.count - 8, UInt64.self) == xxh64(UnsafeRawBufferPointer(rebasing: image.dropLast(8)))
    else { return nil }
    var sections: [UnsafeRawBufferPointer] = []
    for section in CacheSection.allCases {
      let entry = headerSize + section.rawValue * 16
      guard let offset = Int(exactly: image.number(entry, UInt64.self)),
        let count = Int(exactly: image.number(entry + 8, UInt64.self)),
        offset >= tableEnd, offset.isMultiple(of: alignment), offset <= image.count - 8,
        count <= (image.count - 8 - offset) / section.elementSize
      else { return nil }
      sections.append(UnsafeRawBufferPointer(rebasing: image[offset..<offset + count * section.elementSize]))
    }
    return sections
  }
}

extension UnsafeRawBufferPointer {
  /// The little-endian number at an offset.
  fileprivate func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
  }
}
