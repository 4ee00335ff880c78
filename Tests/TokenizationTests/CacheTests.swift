import Checkpoints
import Foundation
import Streams
import TestSupport
import Testing
import Tokenization

/// The compiled cache: used when whole, rebuilt when not, and never a way to read elsewhere.
@Suite struct CacheTests {
  private let source = ModelLocation.folder("\(fixtures)/tokenizers/qwen2")
  private let text =
    "Héllo wörld, it's 12345!\n\n  e\u{301}\u{327} 好 <|im_start|>x <|endoftext|>\u{1100}\u{1161}"

  /// A folder with the cache of the source, and the file's path and bytes.
  private func cached(
    _ source: ModelLocation
  ) throws -> (folder: String, path: String, image: [UInt8]) {
    let folder = try temporaryFolder()
    _ = try Tokenizer.open(source, cacheFolder: folder)
    let names = try compiledNames(folder)
    #expect(names.count == 1)
    let path = "\(folder)/\(names[0])"
    return (folder, path, Array(try Data(contentsOf: URL(fileURLWithPath: path))))
  }

  /// The names of compiled tokenizers in a cache folder.
  private func compiledNames(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("tokenizer-") }
  }

  private func write(_ image: [UInt8], _ path: String) throws {
    // Renamed into place, as the cache is: what others have mapped stays as it was.
    try Data(image).write(to: URL(fileURLWithPath: path), options: .atomic)
  }

  private func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func secondOpeningMapsTheFile() throws {
    let (folder, path, image) = try cached(source)
    let inode = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    let tokenizer = try Tokenizer.open(source, cacheFolder: folder)
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int == inode)
    #expect(try read(path) == image)
    let fresh = try Tokenizer.open(source, cacheFolder: nil)
    #expect(try encode(text, with: tokenizer) == encode(text, with: fresh))
    #expect(tokenizer.identity == fresh.identity)
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func damagedFilesAreRebuilt() throws {
    // Without a regular expression, so that rebuilding takes little time.
    let small = try TokenizationTests.folder("gpt2") {
      $0.replacingOccurrences(of: #""use_regex": true"#, with: #""use_regex": false"#)
    }
    let source = ModelLocation.folder(small)
    let (folder, path, image) = try cached(source)
    let expected = try encode(text, with: try Tokenizer.open(source, cacheFolder: nil))
    var damaged: [[UInt8]] = []
    // Header, table of sections and the beginning of the first ones.
    for index in 0..<448 {
      var copy = image
      copy[index] ^= 1 << UInt8(index % 8)
      damaged.append(copy)
    }
    for length in [0, 1, 7, 8, 47, 48, 100, 448, image.count / 2, image.count - 8, image.count - 1] {
      damaged.append(Array(image.prefix(length)))
    }
    damaged.append(image + [0])
    damaged.append([UInt8](repeating: 0xFF, count: image.count))
    var swapped = image
    swapped.replaceSubrange(12..<16, with: image[12..<16].reversed())
    damaged.append(sealed(swapped))
    var older = image
    older[8] = 0
    damaged.append(sealed(older))
    for (number, bytes) in damaged.enumerated() {
      try write(bytes, path)
      let tokenizer = try Tokenizer.open(source, cacheFolder: folder)
      if number % 16 == 0 || bytes.count != image.count {
        #expect(try encode(text, with: tokenizer) == expected)
      }
      #expect(try read(path) == image, "damage \(number)")
    }
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.removeItem(atPath: small)
  }

  /// Damage that the digest does not tell: numbers within may be wrong, but none leads outside.
  @Test(arguments: ["qwen2", "llama2", "mistral", "bpe-few-characters", "unigram-normalized"])
  func damageUnderAValidDigestReadsNothingOutside(name: String) throws {
    let source = try self.source(name)
    let (folder, path, image) = try cached(source)
    var generator = SplitMix(seed: 3)
    for _ in 0..<40 {
      var copy = image
      for _ in 0..<Int.random(in: 1...20, using: &generator) {
        // The tables of steps, tokens and added tokens are small and lie near the ends: hit those as well.
        let place = [0..<600, 48..<image.count - 8, image.count - 12_000..<image.count - 8]
        let index = Int.random(in: place[Int.random(in: 0..<3, using: &generator)], using: &generator)
        copy[index] = Bool.random(using: &generator) ? UInt8.random(in: 0...255, using: &generator) : 0xFF
      }
      try write(sealed(copy), path)
      let tokenizer = try Tokenizer.open(source, cacheFolder: folder)
      let ids = try encode(text, with: tokenizer).ids
      var bytes: [UInt8] = []
      try tokenizer.decode(ids, into: &bytes)
      #expect(ids.count <= text.utf8.count * 4)
    }
    try FileManager.default.removeItem(atPath: folder)
  }

  /// Whole tables of numbers that lead outside: each is found when the file is opened,
  /// or where the number is used.
  @Test(arguments: ["qwen2", "llama2"], [0x3F_FFFE, 0xFFFF_FFFE << 32, 0x7FFF_FFFF_FFFF_FFFF] as [UInt64])
  func noNumberOfASectionLeadsOutside(name: String, bits: UInt64) throws {
    let source = try self.source(name)
    let (folder, path, image) = try cached(source)
    let expected = try encode(text, with: try Tokenizer.open(source, cacheFolder: folder)).ids
    func number(_ offset: Int) -> Int {
      Int(image[offset..<offset + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    let starts = (0..<number(32)).map { number(48 + 16 * $0) } + [image.count - 8]
    var usedAsTheyAre = 0
    for (start, end) in zip(starts, starts.dropFirst()) where end - start >= 8 {
      var copy = image
      for place in stride(from: start, through: end - 8, by: 8) {
        for byte in 0..<8 { copy[place + byte] |= UInt8(truncatingIfNeeded: bits >> UInt64(8 * byte)) }
      }
      try write(sealed(copy), path)
      let tokenizer = try Tokenizer.open(source, cacheFolder: folder)
      let ids = try encode(text, with: tokenizer).ids
      #expect(ids.allSatisfy { Int($0) < tokenizer.vocabularySize })
      if ids != expected { usedAsTheyAre += 1 }
    }
    #expect(usedAsTheyAre > 0)
    try FileManager.default.removeItem(atPath: folder)
  }

  /// A family of the fixtures or a model of SentencePiece, in a folder of its own; quick to compile, as most
  /// damaged images are compiled anew.
  private func source(_ name: String) throws -> ModelLocation {
    if name == "qwen2" {
      // Its regular expression takes longer to compile than all else.
      return .folder(
        try TokenizationTests.folder(name) {
          $0.replacing(#/"Regex": ".*"/#, with: #""Regex": "\\p{N}|[^\\p{N}]+(?!\\S)|[^\\p{N}]+""#)
        })
    }
    guard name.contains("-") else { return .folder("\(fixtures)/tokenizers/\(name)") }
    let folder = try temporaryFolder(name)
    let model = try Data(
      contentsOf: URL(fileURLWithPath: "\(fixtures)/tokenizers/sentencepiece/\(name).model"))
    try model.write(to: URL(fileURLWithPath: "\(folder)/tokenizer.model"), options: .atomic)
    return .folder(folder)
  }

  /// The image with the digest that belongs to it.
  private func sealed(_ image: [UInt8]) -> [UInt8] {
    let body = Array(image.dropLast(8))
    let digest = body.withUnsafeBytes { xxh64($0) }
    return body + withUnsafeBytes(of: digest.littleEndian) { Array($0) }
  }

  @Test func anUnusableFolderIsNoError() throws {
    let folder = try temporaryFolder()
    let file = "\(folder)/file"
    try write([1], file)
    // A file stands where the folder would be made.
    let tokenizer = try Tokenizer.open(source, cacheFolder: "\(file)/grape")
    let fresh = try Tokenizer.open(source, cacheFolder: nil)
    #expect(try encode(text, with: tokenizer) == encode(text, with: fresh))
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func manyMayOpenAtOnce() async throws {
    let folder = try temporaryFolder()
    let expected = try encode(text, with: try Tokenizer.open(source, cacheFolder: nil)).ids
    let source = source
    let text = text
    try await withThrowingTaskGroup(of: [UInt32].self) { group in
      for _ in 0..<8 {
        group.addTask { try encode(text, with: try Tokenizer.open(source, cacheFolder: folder)).ids }
      }
      for try await ids in group { #expect(ids == expected) }
    }
    #expect(try compiledNames(folder).count == 1)
    try FileManager.default.removeItem(atPath: folder)
  }

  @Test func anotherSourceHasAnotherFile() throws {
    let folder = try temporaryFolder()
    let copy = try self.copy(replacing: ("<|im_end|>", "<|in_end|>"))
    let first = try Tokenizer.open(source, cacheFolder: folder)
    let second = try Tokenizer.open(.folder(copy), cacheFolder: folder)
    #expect(try compiledNames(folder).count == 2)
    #expect(first.identity.suffix(8) != second.identity.suffix(8))
    #expect(try encode("<|im_end|>", with: first).ids == [599])
    #expect(try encode("<|im_end|>", with: second).ids.count > 1)
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.removeItem(atPath: copy)
  }

  private func copy(replacing: (String, String)) throws -> String {
    try folder("qwen2") { $0.replacingOccurrences(of: replacing.0, with: replacing.1) }
  }
}
