import Checkpoints
import Inference
import Streams
import TestSupport
import Testing

/// Beginnings that sequences have in common: computed once, and never a different bit.
@Suite struct PrefixTests {
  @Test func beginningsAreComputedOnce() {
    var batch = PackedBatch()
    batch.append([1, 2, 3, 4, 5], spans: [3..<5])
    #expect(batch.rowCount == 4)
    batch.append([1, 2, 3, 9, 5, 6], spans: [3..<6])
    #expect(batch.rowCount == 4 + 2)
    batch.append([1, 2, 3, 9, 5, 6], spans: [3..<6])
    #expect(batch.rowCount == 6)
    batch.append([7, 2, 3], spans: [1..<3])
    #expect(batch.rowCount == 6 + 2)
    // Not beside what it goes on from, nor the only one that does.
    batch.append([1, 2, 3, 4, 5, 8, 8], spans: [3..<5, 6..<7])
    batch.append([1, 2, 3, 4, 6, 8, 8], spans: [3..<7])
    #expect(batch.rowCount == 8 + 2 + 2)
    #expect(batch.predictionCount == 2 + 3 + 3 + 2 + 3 + 4)
    var apart = PackedBatch(sharesPrefixes: false)
    apart.append([1, 2, 3, 4, 5], spans: [3..<5])
    apart.append([1, 2, 3, 9, 5, 6], spans: [3..<6])
    #expect(apart.rowCount == 4 + 5)
  }

  /// Trees of random shape in batches of random size, behind all, some or none of what the batch before
  /// has left, against each text alone.
  @Test(
    arguments: [
      "models/llama-3", "gguf/q4_1", "families/gemma3", "families/phi3-longrope", "families/gpt-oss",
      "families/qwen2-moe", "families/stablelm-parallel", "families/gpt2",
    ], [Precision.f32, .bf16])
  func treesHaveTheBitsOfTextsAlone(_ name: String, _ precision: Precision) throws {
    let model = try Self.model(name, precision)
    var random = SplitMix(seed: 5)
    let texts = Self.texts(30, model, &random)
    let alone = texts.map { text in
      var batch = PackedBatch(sharesPrefixes: false, longestShort: model.longestShort)
      batch.append(text.tokens, spans: text.spans)
      return model.score(batch, ranks: true)
    }
    let pageBytes = 1 << 20
    for memory in [0, 2 * pageBytes, 1 << 30] {
      var batch = PackedBatch(longestShort: model.longestShort)
      var rest = texts[...]
      var at = 0
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 1...8, using: &random))
        rest = rest.dropFirst(part.count)
        let counts = part.map { batch.append($0.tokens, spans: $0.spans) }
        let next = Bool.random(using: &random) ? rest.first?.tokens : nil
        let (scores, prefix) = model.score(batch, ranks: true, keepingFor: next, within: memory)
        batch.removeAll(behind: prefix)
        var first = 0
        for count in counts {
          #expect(Array(scores.logprobs[first..<first + count]) == alone[at].logprobs)
          #expect(Array(scores.ranks[first..<first + count]) == alone[at].ranks)
          first += count
          at += 1
        }
      }
    }
  }

  /// What the last text of a batch begins with is not computed again, not even where all of it is there.
  @Test func beginningsOutliveTheirBatch() throws {
    let model = try Self.model("models/llama-3", .f32)
    let context = (0..<150).map { UInt32($0 % 13 + 3) }
    var batch = PackedBatch(longestShort: model.longestShort)
    batch.append(context + [7, 8, 9], spans: [151..<153])
    #expect(batch.rowCount == 152)
    let (first, prefix) = model.score(
      batch, ranks: false, keepingFor: context + [7, 8, 9], within: 1 << 30)
    batch.removeAll(behind: prefix)
    batch.append(context + [7, 8, 9], spans: [151..<153])
    #expect(batch.rowCount == 0)
    // The prompt, of which the response's first token is predicted.
    let (second, again) = model.score(batch, ranks: false, within: 1 << 30)
    #expect(first.logprobs == second.logprobs)
    batch.removeAll(behind: again)
    batch.append(context + [7, 8, 9], spans: [151..<153])
    #expect(batch.rowCount == 1)
    let (third, prompt) = model.score(batch, ranks: false, within: 1 << 30)
    #expect(first.logprobs == third.logprobs)
    batch.removeAll(behind: prompt)
    batch.append(context + [8, 8, 8], spans: [150..<153])
    batch.append(Array(context.prefix(71)) + [8, 8, 8], spans: [71..<74])
    #expect(batch.rowCount == 2 + 2)
    // No more than the next text begins with.
    let (_, part) = model.score(
      batch, ranks: false, keepingFor: Array(context.prefix(70)) + [9], within: 1 << 30)
    var other = PackedBatch(longestShort: model.longestShort)
    other.removeAll(behind: part)
    other.append(Array(context.prefix(71)) + [8, 8, 8], spans: [71..<74])
    #expect(other.rowCount == 3)
    let (_, short) = model.score(batch, ranks: false, within: 0)
    batch.removeAll(behind: short)
    batch.append(context + [8, 8, 8], spans: [150..<153])
    #expect(batch.rowCount == 152)
  }

  /// Against a count by hand, for 3 layers of hidden size 64, 4 heads of 16 that share 2 of keys and values,
  /// 160 features in between, and 512 tokens.
  @Test func workIsCounted() throws {
    let model = try Self.model("models/llama-3", .f32)
    var batch = PackedBatch(longestShort: model.longestShort)
    batch.append([1, 2, 3, 4, 5], spans: [3..<5])
    batch.append([1, 2, 3, 4, 6], spans: [3..<5])
    let work = model.work(of: batch)
    let keysAndValues = 2.0 * 32 * 64, others = 2.0 * 64 * 64 + 3 * 64 * 160, head = 512.0 * 64
    let pair = 2.0 * 4 * 16
    #expect(work.tokens == 10 && work.computedTokens == 4)
    #expect(work.fullMultiplyAdds == 10 * (3 * (keysAndValues + others) + head) + 2 * 3 * pair * 15)
    // Three predictions are different; they see 3, 4 and 4 positions.
    #expect(
      work.multiplyAdds == 4 * (3 * keysAndValues + 2 * others) + 3 * (others + head) + 2 * pair * 10
        + pair * 11)
    #expect(work.description == "4 of 10 tokens computed, 0 of 0 G multiply-adds (35.6%)")
  }

  private struct Text {
    let tokens: [UInt32]
    let spans: [Range<Int>]
  }

  /// Texts that often begin with a part of an earlier one, a few of them longer than
  /// a model's short sequences.
  private static func texts(_ count: Int, _ model: LanguageModel, _ random: inout SplitMix) -> [Text] {
    let limit = min(200, model.maximumPositions - 1)
    var texts: [Text] = []
    for _ in 0..<count {
      var tokens: [UInt32] = []
      if let earlier = texts.randomElement(using: &random), Int.random(in: 0..<5, using: &random) > 0 {
        tokens += earlier.tokens.prefix(Int.random(in: 0...earlier.tokens.count, using: &random))
      }
      let new = Int.random(in: 1...(Bool.random(using: &random) ? 8 : 90), using: &random)
      for _ in 0..<new { tokens.append(UInt32.random(in: 3..<40, using: &random)) }
      tokens = Array(tokens.prefix(limit))
      var spans: [Range<Int>] = []
      var at = 0
      while at < tokens.count {
        let start = Int.random(in: at..<tokens.count, using: &random)
        let end = Int.random(in: start + 1...tokens.count, using: &random)
        spans.append(start..<end)
        at = end + 1
      }
      texts.append(Text(tokens: tokens, spans: spans))
    }
    return texts
  }

  private static func model(_ name: String, _ precision: Precision) throws -> LanguageModel {
    let path = fixtures + "/" + name + (name.hasPrefix("gguf/") ? ".gguf" : "")
    let kernels = try #require(Kernels())
    return try LanguageModel(
      Checkpoint.open(ModelLocation.resolve(path)), precision: precision, kernels: kernels,
      workers: Workers(threads: 2))
  }
}
