import Records
import Selection
import TestSupport

/// A record made for a test, with what an obvious selection needs to know about it.
struct TestRecord {
  var group: String
  var score: Double
  var count = 10
  var quota = 1
  var model = "m@0"
  var source = "a"
  var padding = 0
  /// Tells equal records apart.
  var number = 0

  var text: String {
    #"{"n": \#(number), "group": "\#(group)", "source": "\#(source)", "k": \#(quota), "#
      + #""pad": "\#(String(repeating: "x", count: padding))", "#
      + #""grape": {"group": "\#(group)", "score": \#(score), "count": \#(count), "model": "\#(model)"}}"#
  }
}

/// Records of `groups` groups in random order; scores and lengths from few values, so that ties are common.
func randomRecords(_ count: Int, groups: Int, padding: Int = 0, seed: UInt64) -> [TestRecord] {
  var generator = SplitMix(seed: seed)
  return (0..<count).map { number in
    let group = Int.random(in: 0..<groups, using: &generator)
    return TestRecord(
      group: "g\(group)", score: Double(Int.random(in: -20...0, using: &generator)) / 4,
      count: Int.random(in: 1...9, using: &generator), quota: group % 4,
      source: "s\(Int.random(in: 0..<5, using: &generator))",
      padding: padding == 0 ? 0 : Int.random(in: 0..<padding, using: &generator), number: number)
  }
}

/// Calls `body` with each text parsed.
func parse(_ texts: [String], _ body: (GrapeMember) throws -> Void) throws {
  var parser = JSONParser()
  for text in texts {
    try Array(text.utf8).withUnsafeBytes { try body(try GrapeMember(of: parser.parse($0))) }
  }
}
