import Records
import Testing

@Suite struct ContainsTests {
  /// Texts of two letters, all of them up to a length, in one another.
  @Test func isLikeALookAtEachPlace() {
    let texts = (0...5).flatMap { length in
      (0..<1 << length).map { code in (0..<length).map { UInt8(ascii: "a") + UInt8(code >> $0 & 1) } }
    }
    for text in texts {
      for part in texts {
        let isInText = (0...text.count).contains { text[$0...].starts(with: part) }
        #expect(
          text.withUnsafeBytes { text in part.withUnsafeBytes { text.contains($0) } } == isInText,
          "\(part) in \(text)")
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func takesLinearTime() {
    // Compared at each place, these would be 10^10 steps.
    let text = [UInt8](repeating: 7, count: 1 << 18)
    let part = [UInt8](repeating: 7, count: 1 << 17) + [8]
    #expect(!text.withUnsafeBytes { text in part.withUnsafeBytes { text.contains($0) } })
  }
}
