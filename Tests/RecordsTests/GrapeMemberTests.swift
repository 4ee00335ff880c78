import Records
import Streams
import TestSupport
import Testing

@Suite struct GrapeMemberTests {
  private func member<Result>(_ record: String, _ body: (GrapeMember) throws -> Result) throws -> Result {
    try withJSON(record) { try body(GrapeMember(of: $0)) }
  }

  private func removed(_ record: String) throws -> String {
    try member(record) {
      let (head, tail) = $0.recordWithoutMember
      return String(decoding: head, as: UTF8.self) + String(decoding: tail, as: UTF8.self)
    }
  }

  private func edited(
    _ record: String, replacing names: [StaticString], _ writeFields: (inout JSONWriter) -> Void
  ) throws -> String {
    try member(record) {
      var bytes = ByteBuffer()
      bytes.append(literal: "earlier\n")
      $0.appendRecord(replacing: names, to: &bytes, writeFields)
      return String(String(decoding: bytes.raw, as: UTF8.self).dropFirst(8))
    }
  }

  @Test func readsFields() throws {
    let record = #"""
      {"id":1,"grape":{"group":"00ff","tokens":[1, 22,333 ,4444,55555,49151],"spans":[[1,3],[3,6]],"tokenizer":"T@1/qa",
      "score":-0.5,"logprob":-2.5,"count":5}}
      """#
    try member(record) { grape throws in
      #expect(grape.group?.string == "00ff")
      #expect(grape.tokenizer?.string == "T@1/qa")
      #expect(grape.score == -0.5)
      #expect(grape.logprob == -2.5)
      #expect(grape.count == 5)
      #expect(grape["other"] == nil)
      var tokens: [UInt32] = [9, 9, 9, 9, 9, 9, 9, 9]
      try grape.readTokens(into: &tokens)
      #expect(tokens == [1, 22, 333, 4444, 55555, 49151])
      var spans: [Range<Int>] = []
      try grape.readSpans(into: &spans, tokenCount: 6)
      #expect(spans == [1..<3, 3..<6])
      #expect(throws: GrapeError.self) { try grape.readSpans(into: &spans, tokenCount: 5) }
    }
    try member(#"{"id":1}"#) { grape throws in
      #expect(grape.value == nil && grape.score == nil && grape.group == nil)
      var tokens: [UInt32] = []
      #expect(throws: GrapeError.missing("tokens")) { try grape.readTokens(into: &tokens) }
    }
  }

  @Test(arguments: [
    ("[1]", GrapeError.recordIsNoObject), ("1", .recordIsNoObject), (#"{"grape":1}"#, .memberIsNoObject),
    (#"{"grape":{},"a":1,"grape":{}}"#, .repeatedMember), (#"{"grape":{},"gr\u0061pe":{}}"#, .repeatedMember),
  ])
  func badRecords(_ record: String, _ expected: GrapeError) {
    #expect(throws: expected) { try member(record) { _ in } }
  }

  @Test(arguments: [
    "[[1]]", "[[1,2,3]]", "[[2,2]]", "[[3,2]]", "[[-1,2]]", "[[0,2],[1,3]]", "[[0,99]]", "[[0.5,2]]", "[1,2]",
    "{}", "[[1,\"2\"]]",
  ])
  func badSpans(_ spans: String) throws {
    try member(#"{"grape":{"spans":\#(spans)}}"#) { grape in
      var ranges: [Range<Int>] = []
      #expect(throws: GrapeError.self) { try grape.readSpans(into: &ranges, tokenCount: 10) }
    }
  }

  @Test func readsIntegerLists() throws {
    var random = SplitMix(seed: 3)
    for count in 0..<60 {
      let values = (0..<count).map { _ in
        UInt32(truncatingIfNeeded: random.next() >> UInt64.random(in: 32..<64, using: &random))
      }
      for separator in [",", ", ", " ,\n\t"] {
        let list = values.map(String.init).joined(separator: separator)
        for text in ["[\(list)]", "[ \(list) ]"] {
          var read: [UInt32] = [7]
          #expect(try withJSON(text) { $0.readIntegers(into: &read) })
          #expect(read == values)
        }
      }
    }
    for bad in [
      "[-1]", "[1.0]", "[1e2]", "[4294967296]", "[12345678901]", "[99999999999999999999]", "[\"1\"]",
      "[null]", "[[1]]",
      "[1,2,3,4,5,-6]", "[1,[2],3,4,5,6]", "{}", "1", "[11111111.5]", "[1,22222222e1]",
    ] {
      var read: [UInt32] = []
      #expect(try withJSON(bad) { !$0.readIntegers(into: &read) }, "\(bad)")
    }
    var read: [UInt32] = []
    #expect(try withJSON("[4294967295,0,99999999,100000000]") { $0.readIntegers(into: &read) })
    #expect(read == [4_294_967_295, 0, 99_999_999, 100_000_000])
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"{"a":1}"#),
    (#"{"grape":{}}"#, #"{}"#),
    (#"{ "grape" : {} }"#, #"{  }"#),
    (#"{"grape":{"x":[1,{}]},"a":1}"#, #"{"a":1}"#),
    (#"{ "grape": {}, "a": 1 }"#, #"{ "a": 1 }"#),
    (#"{"a":1,"grape":{}}"#, #"{"a":1}"#),
    (#"{"a": 1 , "grape": {} }"#, #"{"a": 1 }"#),
    (#"{"a": 1, "grape": {}, "b": 2, "c":3}"#, #"{"a": 1, "b": 2, "c":3}"#),
    (#"{"a":{"grape":1},"gr\u0061pe":{}}"#, #"{"a":{"grape":1}}"#),
  ])
  func removes(_ record: String, _ expected: String) throws {
    #expect(try removed(record) == expected)
    #expect(try removed("  \(record)\t") == expected)
  }

  @Test(arguments: [
    (#"{}"#, #"{"grape":{"score":-1.5}}"#),
    (#"{ }"#, #"{"grape":{"score":-1.5} }"#),
    (#"{"a": 1 }"#, #"{"a": 1,"grape":{"score":-1.5} }"#),
    (#"{"grape":{}}"#, #"{"grape":{"score":-1.5}}"#),
    (#"{"grape":{ "tokens" : [1,2] , "score":7},"a":1}"#, #"{"grape":{"score":-1.5},"a":1}"#),
    (
      #"{"a":1 , "grape" : {"group":"g", "sc\u006fre":0,"mine":{"x": 1.50}} , "b":2}"#,
      #"{"a":1 , "grape":{"group":"g","mine":{"x": 1.50},"score":-1.5} , "b":2}"#
    ),
    (#"{"a":1,\#t"grape":{"score":1,"y":[ ]}}"#, #"{"a":1,\#t"grape":{"y":[ ],"score":-1.5}}"#),
  ])
  func edits(_ record: String, _ expected: String) throws {
    let result = try edited(record, replacing: ["tokens", "score"]) {
      $0.name("score")
      $0.double(-1.5)
    }
    #expect(result == expected)
  }

  @Test func writesNothingButWhatItIsTold() throws {
    #expect(try edited(#"{"a":1}"#, replacing: ["x"]) { _ in } == #"{"a":1,"grape":{}}"#)
    let unchanged = #"{"a":1,"grape":{"x":1,"y":"\n"}}"#
    #expect(try edited(unchanged, replacing: ["z"]) { _ in } == unchanged)
    #expect(try edited(unchanged, replacing: ["x"]) { _ in } == #"{"a":1,"grape":{"y":"\n"}}"#)
  }

  /// Records put together from members with white space everywhere: adding and then removing the member gives
  /// the record back, and what was not changed is there byte for byte.
  @Test func addingAndRemovingRestoresTheRecord() throws {
    var random = SplitMix(seed: 5)
    let spaces = ["", " ", "\t ", "\r"]
    let values = ["1", "-0.50E+2", #""a\"\\""#, "[1 , {}]", "{\"grape\" : 1}", "null", #""é\u00e9""#]
    func space() -> String { spaces.randomElement(using: &random)! }
    for _ in 0..<2_000 {
      let members = (0..<Int.random(in: 0...4, using: &random)).map { index in
        "\(space())\"k\(index)\"\(space()):\(space())\(values.randomElement(using: &random)!)\(space())"
      }
      let record = "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
      let with = try edited(record, replacing: ["score"]) { writer in
        writer.name("score")
        writer.int(1)
      }
      #expect(with.contains(#""grape":{"score":1}"#))
      for member in members.dropLast() { #expect(with.contains(member)) }
      #expect(try removed(with) == record)
    }
  }
}
