import Streams

/// A note in the cache folder of what digest files had, so that they need not be read again
/// to find their compiled form.
///
/// Files are taken to be as they were when all that the file system says of them is; see `FileIdentity`. A
/// note is written only of files that have been left alone for a while. It is numbers of 8 bytes: the magic,
/// the version, the kind of file, the identities, the digest, and the XXH64 of all before. That it cannot
/// be read or written is no error.
struct SourceNote {
  private let path: String
  private let folder: String
  private let paths: [String]
  private let head: [UInt64]
  private let isSettled: Bool

  private static let magic: UInt64 = 0x6574_6F6E_7061_7267
  /// To be increased with every change of the note's form or of what digests are made of.
  private static let version: UInt64 = 1

  /// nil where a file is none.
  ///
  /// - Parameters:
  ///   - files: the files.
  ///   - folder: the cache folder.
  ///   - settlingTime: for how many seconds files must have been left alone: longer than the steps in
  ///     which the file system counts time.
  init?(_ files: TokenizerSource.Files, folder: String, settlingTime: Int64) {
    paths = files.all
    let identities = paths.compactMap(FileIdentity.init)
    guard identities.count == paths.count, let main = identities.first else { return nil }
    let name = [main.device, main.number, files.kind].withUnsafeBytes { xxh64($0) }
    path = Paths.join(folder, "source-\(hex(name, digits: 16))")
    self.folder = folder
    head = [Self.magic, Self.version, files.kind] + identities.flatMap(\.numbers)
    isSettled = identities.allSatisfy { $0.isSettled(for: settlingTime) }
  }

  /// The digest that the files have, if it has been noted.
  var digest: UInt64? {
    guard let file = try? MappedFile(path: path) else { return nil }
    let count = head.count + 2
    guard file.bytes.count == 8 * count else { return nil }
    let numbers = (0..<count).map {
      UInt64(littleEndian: file.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
    }
    guard numbers.starts(with: head), numbers[count - 1] == Self.digest(numbers.dropLast()) else {
      return nil
    }
    return numbers[count - 2]
  }

  /// Notes the digest of what the files held after the note was made, unless they may have changed since.
  func write(_ digest: UInt64) {
    guard isSettled, paths.compactMap(FileIdentity.init).flatMap(\.numbers) == Array(head.dropFirst(3)) else {
      return
    }
    let numbers = head + [digest]
    let bytes = (numbers + [Self.digest(numbers[...])]).map(\.littleEndian).withUnsafeBytes { Array($0) }
    try? Paths.makeFolders(folder)
    guard let file = try? AtomicFile(path: path) else { return }
    try? file.write(bytes)
    try? file.commit()
  }

  private static func digest(_ numbers: ArraySlice<UInt64>) -> UInt64 {
    numbers.map(\.littleEndian).withUnsafeBytes { xxh64($0) }
  }
}
