import Foundation
import Testing
import Tokenization

/// Texts made to be slow. Eight times the text may take eight times as long and somewhat more, not 64 times.
@Suite(.serialized) struct LinearTimeTests {
  @Test(arguments: [
    "a", " ", "\n", "0", "ab", "🙂", "'", "<", "<|im_", "e\u{301}", "\u{301}\u{327}", "a\n  ", "好",
  ])
  func timeIsNearlyLinear(unit: String) throws {
    for family in ["qwen2", "smollm", "llama2"] {
      var encoder = Encoder(try tokenizer(family))
      let short = Array(String(repeating: unit, count: 4_000 / unit.utf8.count).utf8)
      let long = Array(String(repeating: unit, count: 32_000 / unit.utf8.count).utf8)
      let shortTime = try seconds { _ = try encode(short, with: &encoder) }
      let longTime = try seconds { _ = try encode(long, with: &encoder) }
      #expect(longTime < 24 * shortTime, "\(family) \(unit.debugDescription): \(shortTime) s, \(longTime) s")
    }
  }

  /// The shortest of several runs, in the thread's processor time.
  private func seconds(_ body: () throws -> Void) throws -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
      let start = processorTime()
      try body()
      best = min(best, processorTime() - start)
    }
    return best
  }

  private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
