import Checkpoints
import Foundation
import Inference
import Streams
import TestSupport
import Testing

/// The file of 8-bit weights in the cache, through models that are opened with it.
@Suite struct Int8CacheTests {
  private static func score(
    _ name: String, cacheFolder: String?, kernels: Kernels, threads: Int = 2
  ) throws -> [Double] {
    let model = try LanguageModel(
      Checkpoint.open(ModelLocation.resolve(fixtures + "/" + name)), precision: .int8, kernels: kernels,
      workers: Workers(threads: threads), cacheFolder: cacheFolder)
    #expect(model.identity.hasSuffix("/int8"))
    return score(model)
  }

  private static func score(_ model: LanguageModel) -> [Double] {
    var batch = PackedBatch()
    batch.append((1..<40).map { UInt32($0 * 7 % min(101, model.vocabularySize)) }, spans: [3..<39])
    let scores = model.score(batch).logprobs
    let areFinite = scores.allSatisfy { $0.isFinite }
    #expect(areFinite)
    return scores
  }

  private func kernels() throws -> Kernels { try #require(Kernels()) }

  /// A mixture of experts, transposed matrices, and rows that are not in place.
  @Test(arguments: ["models/llama-3", "families/qwen2-moe", "families/gpt2", "families/gpt-neox"])
  func theFileHoldsWhatMemoryWould(_ name: String) throws {
    let folder = try TemporaryFolder()
    let expected = try Self.score(name, cacheFolder: nil, kernels: kernels())
    #expect(try Self.score(name, cacheFolder: folder.path + "/made/below", kernels: kernels()) == expected)
    let made = folder.path + "/made/below"
    let file = try #require(try FileManager.default.contentsOfDirectory(atPath: made).first)
    let inode = try FileManager.default.attributesOfItem(atPath: made + "/" + file)[.systemFileNumber] as? Int
    #expect(try Self.score(name, cacheFolder: made, kernels: kernels()) == expected)
    let again = try FileManager.default.attributesOfItem(atPath: made + "/" + file)[.systemFileNumber] as? Int
    #expect(inode != nil && inode == again)
  }

  /// Weights that are quantized as it is are rounded as they are used.
  @Test(arguments: ["gguf/q4_0.gguf", "gguf/q6_k.gguf"])
  func quantizedWeightsAreNotKept(_ name: String) throws {
    let folder = try TemporaryFolder()
    let few = try Self.score(name, cacheFolder: folder.path, kernels: kernels(), threads: 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    #expect(try Self.score(name, cacheFolder: folder.path, kernels: kernels(), threads: 5) == few)
  }

  @Test func everyVariantWritesTheSameFile() throws {
    let files = try KernelTests.names.map { name in
      let folder = try TemporaryFolder()
      _ = try Self.score("models/llama-3", cacheFolder: folder.path, kernels: #require(Kernels(named: name)))
      return try Data(contentsOf: URL(fileURLWithPath: folder.onlyFile()))
    }
    #expect(files.allSatisfy { $0 == files[0] })
  }

  @Test func aFileThatIsNotWholeIsMadeAgain() throws {
    let folder = try TemporaryFolder(), kernels = try kernels()
    let expected = try Self.score("models/llama-3", cacheFolder: folder.path, kernels: kernels)
    let path = try folder.onlyFile()
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    var damaged: [Data] = [
      Data(), whole.prefix(20), whole.prefix(whole.count / 2), whole.dropLast(), whole + [0],
    ]
    // The magic, the version, the byte order mark, the source, the length, the table, weights and digests.
    for place in [0, 8, 12, 17, 25, 50, whole.count / 3, whole.count / 2, whole.count - 12, whole.count - 1] {
      var copy = whole
      copy[place] ^= 4
      damaged.append(copy)
    }
    for data in damaged {
      try data.write(to: URL(fileURLWithPath: path))
      #expect(try Self.score("models/llama-3", cacheFolder: folder.path, kernels: kernels) == expected)
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.onlyFile())) == whole)
    }
  }

  @Test func withoutAFolderToWriteToMemoryDoes() throws {
    let folder = try TemporaryFolder(), kernels = try kernels()
    let expected = try Self.score("models/llama-3", cacheFolder: nil, kernels: kernels)
    try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/int8-file"))
    let path = folder.path + "/int8-file/below"
    #expect(try Self.score("models/llama-3", cacheFolder: path, kernels: kernels) == expected)
  }

  @Test func anyNumberMayBeTheFirst() throws {
    let folder = try TemporaryFolder(), kernels = try kernels()
    let expected = try Self.score("models/llama-3", cacheFolder: nil, kernels: kernels)
    let results = Results()
    let path = folder.path
    let threads = (0..<6).map { _ in
      Thread {
        results.add(try? Self.score("models/llama-3", cacheFolder: path, kernels: kernels, threads: 1))
      }
    }
    for thread in threads { thread.start() }
    while !threads.allSatisfy(\.isFinished) { Thread.sleep(forTimeInterval: 0.002) }
    #expect(results.all.count == 6 && results.all.allSatisfy { $0 == expected })
    _ = try folder.onlyFile()
  }

  /// Weights that change in place, and be it by one element that no sample has, are rounded again.
  @Test func changedWeightsAreRoundedAgain() throws {
    let folder = try TemporaryFolder(), kernels = try kernels()
    let model = folder.path + "/model", cache = folder.path + "/cache"
    try FileManager.default.copyItem(atPath: fixtures + "/models/llama-3", toPath: model)
    let checkpoint = try Checkpoint.open(ModelLocation.resolve(model))
    let tensor = try #require(checkpoint.matrix(.layer(0, .up))).tensor
    let weights = URL(fileURLWithPath: tensor.path)
    var data = try Data(contentsOf: weights)
    let range = try #require(data.range(of: Data(tensor.bytes)))
    func open() throws -> [Double] {
      let model = try LanguageModel(
        Checkpoint.open(ModelLocation.resolve(model)), precision: .int8, kernels: kernels,
        workers: Workers(threads: 1), cacheFolder: cache)
      return Self.score(model)
    }
    let before = try open()
    for i in range.lowerBound + 1024..<range.lowerBound + 3072 { data[i] = 0x3C }
    try data.write(to: weights)
    let after = try open()
    #expect(before != after)
    #expect(try FileManager.default.contentsOfDirectory(atPath: cache).count == 2)
  }
}

/// Results of several threads.
private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var results: [[Double]?] = []
  var all: [[Double]?] { lock.withLock { results } }
  func add(_ result: [Double]?) { lock.withLock { results.append(result) } }
}

extension TemporaryFolder {
  /// The path of the file of weights, beside which there is none.
  fileprivate func onlyFile() throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names.count == 1 && names.allSatisfy { $0.hasPrefix("int8-") }, "\(names)")
    return path + "/" + (names.first ?? "")
  }
}
