import Checkpoints
import Foundation
import Streams
import Testing
import Tokenization

/// Digests of sources noted in the cache folder: believed as long as the files are
/// as they were, and no longer.
@Suite struct SourceNoteTests {
  /// A folder with a tokenizer, and one for the cache.
  private func folders() throws -> (source: String, cache: String) {
    // Without a regular expression, so that compiling takes little time.
    let source = try folder("gpt2") {
      $0.replacingOccurrences(of: #""use_regex": true"#, with: #""use_regex": false"#)
    }
    return (source, try temporaryFolder())
  }

  private func identity(_ source: String, _ cache: String, settlingTime: Int64 = 0) throws -> Substring {
    try Tokenizer.open(.folder(source), cacheFolder: cache, settlingTime: settlingTime).identity.suffix(8)
  }

  private func notes(_ cache: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: cache).filter { $0.hasPrefix("source-") }
  }

  private func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  @Test func noteStandsForReading() throws {
    let (source, cache) = try folders()
    let digest = try identity(source, cache)
    #expect(try notes(cache).count == 1)
    #expect(try identity(source, cache) == digest)
    // With another digest in the note, that is what the files are taken to have until they are read.
    let path = "\(cache)/\(try notes(cache)[0])"
    var note = try read(path)
    note[note.count - 9] ^= 0xFF
    let sum = note.dropLast(8).withUnsafeBytes { xxh64($0) }
    note.replaceSubrange((note.count - 8)..., with: withUnsafeBytes(of: sum.littleEndian) { Array($0) })
    try write(note, path)
    let image = try #require(
      try FileManager.default.contentsOfDirectory(atPath: cache).first { $0.hasPrefix("tokenizer-") })
    try FileManager.default.removeItem(atPath: "\(cache)/\(image)")
    // There is no compiled tokenizer of that digest, so the files are read after all.
    #expect(try identity(source, cache) == digest)
    #expect(FileManager.default.fileExists(atPath: "\(cache)/\(image)"))
    // Had it not been believed, it would have been written again.
    #expect(try read(path) == note)
  }

  @Test func damagedNotesAreNotBelieved() throws {
    let (source, cache) = try folders()
    let digest = try identity(source, cache)
    let path = "\(cache)/\(try notes(cache)[0])"
    let note = try read(path)
    for length in [0, 8, note.count - 8, note.count - 1] {
      try write(Array(note.prefix(length)), path)
      #expect(try identity(source, cache) == digest)
      #expect(try read(path) == note)
    }
    for index in note.indices {
      var damaged = note
      damaged[index] ^= 1 << UInt8(index % 8)
      try write(damaged, path)
      #expect(try identity(source, cache) == digest)
      #expect(try read(path) == note)
    }
  }

  /// Of the same length, and with the time of modification set back.
  @Test func changedFilesAreRead() throws {
    let (source, cache) = try folders()
    let path = "\(source)/tokenizer.json"
    let time = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let digest = try identity(source, cache)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    // Longer than a step of the file system's clock.
    usleep(50_000)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    let changedText = text.replacingOccurrences(of: "<|endoftext|>", with: "<|endoftexx|>")
    try handle.write(contentsOf: Data(changedText.utf8))
    try handle.close()
    try FileManager.default.setAttributes([.modificationDate: time as Any], ofItemAtPath: path)
    #expect(try identity(source, cache) != digest)
    // Another configuration makes another digest.
    let changed = try identity(source, cache)
    try write(Array("{}".utf8), "\(source)/tokenizer_config.json")
    #expect(try identity(source, cache) != changed)
    try FileManager.default.removeItem(atPath: "\(source)/tokenizer_config.json")
    #expect(try identity(source, cache) == changed)
  }

  @Test func filesJustChangedAreNotNoted() throws {
    let (source, cache) = try folders()
    let digest = try identity(source, cache, settlingTime: 3600)
    #expect(try notes(cache).isEmpty)
    #expect(try identity(source, cache) == digest)
    #expect(try notes(cache).count == 1)
  }
}
