/// What a file is that holds no record a line, told by how it begins: no JSON text begins so.
enum ForeignFormat: CaseIterable {
  case gzip
  case zstandard
  case xz
  case bzip2
  case parquet
  case utf16
  /// JSON, but with objects spread over several lines.
  case prettyJSON

  /// The format of a stream whose first line this is; nil where it may be a record, if a bad one.
  init?(firstLine line: UnsafeRawBufferPointer) {
    let format = Self.allCases.first { format in
      format == .prettyJSON
        ? line.count == 1 && line[0] == UInt8(ascii: "{")
        : format.beginnings.contains { line.starts(with: $0) }
    }
    guard let format else { return nil }
    self = format
  }

  private var beginnings: [[UInt8]] {
    switch self {
    case .gzip: [[0x1F, 0x8B]]
    case .zstandard: [[0x28, 0xB5, 0x2F, 0xFD]]
    case .xz: [[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]]
    case .bzip2: [Array("BZh".utf8)]
    case .parquet: [Array("PAR1".utf8)]
    case .utf16: [[0xFF, 0xFE], [0xFE, 0xFF]]
    case .prettyJSON: []
    }
  }

  /// What it is, and what makes records of it.
  var advice: String {
    switch self {
    case .gzip: "compressed with gzip (gzip -dc FILE | ...)"
    case .zstandard: "compressed with Zstandard (zstd -dc FILE | ...)"
    case .xz: "compressed with xz (xz -dc FILE | ...)"
    case .bzip2: "compressed with bzip2 (bzip2 -dc FILE | ...)"
    case .parquet: "a Parquet file, not JSON Lines"
    case .utf16: "UTF-16, not UTF-8 (iconv -f UTF-16 -t UTF-8 FILE | ...)"
    case .prettyJSON: "an object over several lines, not one a line (jq -c . FILE | ...)"
    }
  }
}
