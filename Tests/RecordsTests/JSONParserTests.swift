import Records
import TestSupport
import Testing

/// Parses `text` and hands the value to `body`.
func withJSON<Result>(_ text: [UInt8], _ body: (JSONValue) throws -> Result) throws -> Result {
  var parser = JSONParser()
  return try text.withUnsafeBytes { try body(try parser.parse($0)) }
}

func withJSON<Result>(_ text: String, _ body: (JSONValue) throws -> Result) throws -> Result {
  try withJSON(Array(text.utf8), body)
}

@Suite struct JSONParserTests {
  @Test func findsMembersAndElements() throws {
    try withJSON(#" {"a": [1, -2.5, "x\n", true, false, null, {}, []], "b": {"c": "d"}, "b": 7} "#) { value in
      #expect(value.kind == .object)
      #expect(value.count == 3)
      #expect(value["b"]?.int == 7)
      #expect(value["missing"] == nil)
      let list = try #require(value["a"])
      #expect(list.count == 8)
      #expect(
        list.elements.map(\.kind) == [.number, .number, .string, .true, .false, .null, .object, .array])
      #expect(list.element(1)?.double == -2.5)
      #expect(list.element(2)?.string == "x\n")
      #expect(list.element(8) == nil)
      #expect(value.members.map { $0.key.string } == ["a", "b", "b"])
      #expect(value.members.map { String(decoding: $0.value.raw, as: UTF8.self) }[1] == #"{"c": "d"}"#)
    }
  }

  @Test func findsTheMembersThatASearchFinds() throws {
    let spellings = [
      "", "a", "b", "id", "di", "system", "source", #"\u0061"#, #"\"b"#, #"\/"#, "é", "x\u{301}",
    ]
    let wanted = ["", "a", "b", "c", "id", "di", "system", "source", "\"b", "/", "é", "x\u{301}", "x", "\""]
    var random = SplitMix(seed: 43)
    for _ in 0..<200 {
      let members = (0..<Int.random(in: 0...6, using: &random)).map { place in
        let inner = random.next() % 3 == 0 ? #"{"a":0,"system":[{"id":1}]}"# : "\(place)"
        return "\"\(spellings[Int(random.next() % UInt64(spellings.count))])\": \(inner)"
      }
      try withJSON("{\(members.joined(separator: " , "))}") { object in
        #expect(object.count == members.count)
        for name in wanted {
          var found: JSONValue?
          for (key, value) in object.members
          where key.string.map({ Array($0.utf8) }) == Array(name.utf8) { found = value }
          #expect(object[key: name]?.range == found?.range, "\(name) in \(members)")
        }
      }
    }
  }

  @Test func readsPaths() throws {
    try withJSON(#"{"a":{"b":[{"odd key":1},{"odd key":2}]},"x\u0079":[3]}"#) { value throws in
      #expect(try JSONPath(#"a.b[1]."odd key""#)(value)?.int == 2)
      #expect(try JSONPath(".xy[0]")(value)?.int == 3)
      #expect(try JSONPath("a.b[2]")(value) == nil)
      #expect(try JSONPath("a.b.c")(value) == nil)
    }
    for bad in ["", ".", "a.", "a..b", "a[", "a[x]", "a[-1]", "a]", #""a"#, "a b", "a[99999999999999999999]"]
    {
      #expect(throws: JSONPath.SyntaxError.self, "\(bad)") { try JSONPath(bad) }
    }
  }
}
