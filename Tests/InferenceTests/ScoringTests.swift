import Checkpoints
import Inference
import Records
import Streams
import TestSupport
import Testing

/// Whole models against log-probabilities computed in double precision by other people's software
/// (for most of them by the scripts beside the fixtures).
@Suite struct ScoringTests {
  static let models = ["models/llama-3", "models/smollm-2", "models/llama-2", "models/qwen-2.5"]
  static let quantized = ["gguf/q8_0", "gguf/q4_0", "gguf/q4_1", "gguf/q6_k"]
  /// GGUF files as llama.cpp's converter makes them (`make_gguf.py`).
  static let converted = [
    "gemma2", "gemma3", "gpt-oss-mxfp4", "gpt2", "gptneox", "granite", "mixtral", "olmo3", "olmoe", "phi3",
    "qwen2moe", "smollm3", "stablelm", "starcoder2",
  ].map { "gguf/" + $0 }
  /// A tiny model of every family, and of the options that its configuration has (`make_families.py`).
  static let families = [
    "llama", "llama-biases", "llama-linear", "llama-dynamic", "llama-yarn", "llama3", "mistral", "qwen2",
    "qwen2-windows", "qwen3", "olmo2", "olmo3", "olmo3-yarn", "gemma", "gemma2", "gemma3", "gemma3-scaled",
    "phi3", "phi3-longrope", "smollm3", "granite", "gpt2", "gpt2-scaled", "gpt-neox", "gpt-neox-sequential",
    "starcoder2", "stablelm", "stablelm-parallel", "mixtral", "qwen2-moe", "qwen3-moe", "olmoe", "gpt-oss",
    "gpt-oss-mxfp4",
  ].map { "families/" + $0 }

  @Test(arguments: models + quantized + families + converted) func singlePrecisionMatchesPerToken(
    _ name: String
  ) throws {
    let references = try Reference.load(name)
    let scores = try score(references, model: model(name, .f32), ranks: true)
    for (reference, score) in zip(references, scores) {
      #expect(score.logprobs.count == reference.logprobs.count)
      for (ours, theirs) in zip(score.logprobs, reference.logprobs) { #expect(abs(ours - theirs) < 2e-4) }
      if reference.ranks.isEmpty { continue }
      // A logit that is nearly another one's equal may stand on its other side.
      let differences = zip(score.ranks, reference.ranks).map { abs(Int($0) - Int($1)) }
      #expect(score.ranks.count == reference.ranks.count)
      #expect(differences.allSatisfy { $0 <= 1 } && differences.reduce(0, +) <= 1)
    }
  }

  @Test(arguments: models + quantized + families + converted) func bfloatMatchesPerRecord(_ name: String)
    throws
  {
    let references = try Reference.load(name)
    let scores = try score(references, model: model(name, .bf16))
    for (reference, score) in zip(references, scores) {
      // Random weights magnify rounding; over a response of some length it averages out.
      for (ours, theirs) in zip(score.logprobs, reference.logprobs) { #expect(abs(ours - theirs) < 0.12) }
      if reference.logprobs.count >= 16 { #expect(abs(score.mean - reference.mean) < 1e-2) }
    }
  }

  /// Random weights magnify rounding, and in a mixture another expert may be chosen; on average over a
  /// response and over all of them little of it is left.
  @Test(arguments: models + quantized + families + converted) func eightBitsMatchOnAverage(_ name: String)
    throws
  {
    let references = try Reference.load(name)
    let isMixture = ["moe", "mixtral", "gpt-oss"].contains { name.contains($0) }
    let scores = try score(references, model: model(name, .int8))
    let differences = zip(scores, references).map { abs($0.mean - $1.mean) }
    #expect(differences.reduce(0, +) / Double(differences.count) < (isMixture ? 0.09 : 0.04))
    #expect(differences.contains { $0 > 1e-5 })
  }

  /// The same bits one record a batch, all in one, in another order, with and without shared prefixes, on any
  /// number of threads, and a slice at a time.
  @Test(
    arguments: [
      "models/llama-3", "gguf/q4_1", "families/gemma3", "families/phi3-longrope", "families/gpt-oss",
      "families/qwen2-moe", "families/stablelm-parallel", "families/gpt2",
    ], Precision.allCases)
  func bitsDoNotDependOnTheBatch(_ name: String, _ precision: Precision) throws {
    let references = try Reference.load(name)
    let one = try model(name, precision), three = try model(name, precision, threads: 3)
    let whole = try score(references, model: one, ranks: true)
    #expect(try score(references, model: three, ranks: true) == whole)
    let slices = try model(name, precision, threads: 2, window: 1)
    #expect(try score(references, model: slices, ranks: true) == whole)
    #expect(try score(references, model: slices, sharesPrefixes: false, ranks: true) == whole)
    #expect(try score(references, model: one, sharesPrefixes: false, ranks: true) == whole)
    #expect(try references.map { try score([$0], model: three, ranks: true)[0] } == whole)
    var random = SplitMix(seed: 99)
    let order = references.indices.shuffled(using: &random)
    let shuffled = try score(order.map { references[$0] }, model: three, ranks: true)
    for (position, index) in order.enumerated() { #expect(shuffled[position] == whole[index]) }
  }

  /// The same where workers take slices of their own: as many as there are workers, and more. The batch has rows for all of
  /// them, one sequence goes through several, and some begin with what stands in an earlier one.
  @Test(arguments: [("families/gemma3", Precision.bf16), ("families/olmo2", .f32), ("models/llama-3", .int8)])
  func bitsDoNotDependOnWhoTakesWhichRows(_ name: String, _ precision: Precision) throws {
    var random = SplitMix(seed: 7)
    var batch = PackedBatch()
    for length in [100, 300, 60, 250, 40, 130] {
      let texts = (0..<2).map { _ in (0..<length).map { _ in UInt32.random(in: 3..<90, using: &random) } }
      for text in [texts[0], texts[0].prefix(length / 2) + texts[1]] {
        batch.append(text, spans: [1..<text.count])
      }
    }
    let expected = try model(name, precision).score(batch, ranks: true)
    for (threads, window) in [(2, nil), (3, 300), (4, 2000)] {
      let model = try model(name, precision, threads: threads, window: window)
      for _ in 0..<2 {
        let scores = model.score(batch, ranks: true)
        #expect(scores.logprobs == expected.logprobs && scores.ranks == expected.ranks)
      }
    }
  }

  /// Sequences of one beginning, longer and shorter than those that turn by other frequencies, share no rows.
  @Test func longAndShortSequencesStandApart() throws {
    let model = try model("families/phi3-longrope", .f32)
    let limit = model.longestShort
    try #require(limit < 1000)
    let tokens = (0..<limit + 8).map { UInt32($0 % 11 + 3) }
    let texts = [limit + 8, limit, limit + 1, limit - 1].map { Array(tokens.prefix($0)) }
    func score(sharesPrefixes: Bool, _ texts: [[UInt32]]) -> [Double] {
      var batch = PackedBatch(sharesPrefixes: sharesPrefixes, longestShort: limit)
      for text in texts { batch.append(text, spans: [2..<text.count]) }
      return model.score(batch).logprobs
    }
    let whole = score(sharesPrefixes: true, texts)
    #expect(whole == score(sharesPrefixes: false, texts))
    #expect(whole == texts.flatMap { score(sharesPrefixes: true, [$0]) })
    #expect(score(sharesPrefixes: true, [texts[0]])[0] != score(sharesPrefixes: true, [texts[1]])[0])
  }

  /// A token with nothing before it has no probability, and one behind the last span is never computed.
  @Test func edgesOfSequences() throws {
    let model = try model("models/llama-3", .f32)
    var batch = PackedBatch()
    #expect(model.score(batch).logprobs == [])
    #expect(batch.append([5], spans: [0..<1]) == 0)
    #expect(batch.append([5, 6, 7, 8], spans: [0..<2]) == 1)
    #expect(batch.append([], spans: []) == 0)
    #expect(batch.append([5, 6, 7, 8], spans: [1..<2, 3..<4]) == 2)
    let both = model.score(batch).logprobs
    #expect(both.count == 3 && both[0] == both[1])
    var whole = PackedBatch()
    whole.append([5, 6, 7, 8], spans: [1..<4])
    let all = model.score(whole).logprobs
    #expect(both[1] == all[0] && both[2] == all[2])
  }

  private func model(
    _ name: String, _ precision: Precision, threads: Int = 1, window: Int? = nil
  ) throws -> LanguageModel {
    let path = fixtures + "/" + name + (name.hasPrefix("gguf/") ? ".gguf" : "")
    let kernels = try #require(Kernels())
    return try LanguageModel(
      Checkpoint.open(ModelLocation.resolve(path)), precision: precision, kernels: kernels,
      workers: Workers(threads: threads), window: window, cacheFolder: nil)
  }

  private func score(
    _ references: [Reference], model: LanguageModel, sharesPrefixes: Bool = true, ranks: Bool = false
  ) throws -> [Score] {
    var batch = PackedBatch(sharesPrefixes: sharesPrefixes, longestShort: model.longestShort)
    let counts = references.map { batch.append($0.tokens, spans: [$0.responseStart..<$0.tokens.count]) }
    let all = model.score(batch, ranks: ranks)
    var at = 0
    return counts.map { count in
      defer { at += count }
      return Score(
        logprobs: Array(all.logprobs[at..<at + count]), ranks: ranks ? Array(all.ranks[at..<at + count]) : [])
    }
  }
}

private struct Score: Equatable {
  let logprobs: [Double]
  let ranks: [UInt32]
  var mean: Double { logprobs.reduce(0, +) / Double(logprobs.count) }
}

/// A line of a fixture's scores.jsonl.
private struct Reference {
  let tokens: [UInt32]
  let responseStart: Int
  let logprobs: [Double]
  let ranks: [UInt32]
  let mean: Double

  static func load(_ name: String) throws -> [Reference] {
    let file = try MappedFile(
      path: fixtures + "/" + name + (name.hasPrefix("gguf/") ? ".scores.jsonl" : "/scores.jsonl"))
    var parser = JSONParser()
    return try file.bytes.split(separator: UInt8(ascii: "\n")).map { line in
      let record = try parser.parse(UnsafeRawBufferPointer(rebasing: line))
      func numbers(_ key: String) -> [Double] { record[key: key]?.elements.compactMap(\.double) ?? [] }
      return Reference(
        tokens: numbers("tokens").map { UInt32($0) },
        responseStart: try #require(record["response_start"]?.int),
        logprobs: numbers("logprobs"), ranks: numbers("ranks").map { UInt32($0) },
        mean: try #require(record["mean"]?.double))
    }
  }
}
