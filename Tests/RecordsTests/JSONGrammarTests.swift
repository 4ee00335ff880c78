import Records
import TestSupport
import Testing

/// What the parser says against `text`, or nil.
func jsonError(_ text: [UInt8], maximumDepth: Int = 256) -> JSONError? {
  var parser = JSONParser(maximumDepth: maximumDepth)
  return text.withUnsafeBytes { bytes in
    do throws(JSONError) {
      _ = try parser.parse(bytes)
      return nil
    } catch {
      return error
    }
  }
}

func jsonError(_ text: String, maximumDepth: Int = 256) -> JSONError? {
  jsonError(Array(text.utf8), maximumDepth: maximumDepth)
}

/// All strings in `value`, names too, in the order of the text.
private func strings(of value: JSONValue) -> [String] {
  switch value.kind {
  case .string: [value.string].compactMap { $0 }
  case .array: value.elements.flatMap(strings)
  case .object: value.members.flatMap { strings(of: $0.key) + strings(of: $0.value) }
  default: []
  }
}

/// The classes of cases of the JSON Parsing Test Suite (Seriot, "Parsing JSON is a minefield").
@Suite struct JSONGrammarTests {
  @Test(arguments: [
    "0", "-0", "1", "-1", "123456789012345678901234567890", "0.1", "-0.0e-0", "1e5", "1E+5", "1e-5", "1.25E2",
    "1e99999999999999999999", "20e1", "true", "false", "null", "\"\"", "\"a\"", "[]", "{}", "[ ]", "{ }",
    " [] ", "\n\t\r []\r\n", "[1,2]", "[1 , 2 ]", "[[],[[]]]", "[null,1,\"x\",true,{}]", "{\"a\":1}",
    "{ \"a\" : 1 , \"b\" : [ ] }", "{\"\":0}", "{\"a\":1,\"a\":2}", "{\"a\":{\"b\":{\"c\":[]}}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\u001F\\u00e9\\u20AC\"", "\"\\uD834\\uDd1e\"",
    "\"\\uDBFF\\uDFFF\"", "\"\\uFFFE\\uFFFF\\uFDD0\"", "\"\u{7F}\"", "\"\u{80}\u{7FF}\u{800}\u{FFFF}\"",
    "\"\u{10000}\u{10FFFF}\"", "\"\u{D7FF}\u{E000}\"", "\"\u{2028}\u{2029}\u{FEFF}\"", "\"\\\\u0041\"",
  ])
  func accepts(_ text: String) {
    #expect(jsonError(text) == nil)
    #expect(SlowJSON.strings(of: Array(text.utf8)) != nil)
  }

  @Test(
    arguments: [
      ("", .empty, 0), ("  \n", .empty, 0), ("\u{FEFF}{}", .byteOrderMark, 0),
      ("[", .unexpectedEnd, 1), ("{", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
      ("[1,", .unexpectedEnd, 3),
      ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5), ("{\"a\":1", .unexpectedEnd, 6),
      ("{\"a\":1,", .unexpectedEnd, 7), ("tru", .unexpectedEnd, 3), ("-", .unexpectedEnd, 1),
      ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("1e-", .unexpectedEnd, 3),
      ("[1,]", .expectedValue, 3), ("[,1]", .expectedValue, 1), ("[1,,2]", .expectedValue, 3),
      ("[1 2]", .expectedCommaOrBracket, 3), ("[1}", .expectedCommaOrBracket, 2),
      ("[\"a\":1]", .expectedCommaOrBracket, 4),
      ("{\"a\":1]", .expectedCommaOrBrace, 6), ("{\"a\":1 \"b\":2}", .expectedCommaOrBrace, 7),
      ("{\"a\" 1}", .expectedColon, 5), ("{\"a\",1}", .expectedColon, 4), ("{a:1}", .expectedKey, 1),
      ("{'a':1}", .expectedKey, 1), ("{1:1}", .expectedKey, 1), ("{\"a\":1,}", .expectedKey, 7),
      ("{,}", .expectedKey, 1), ("{\"a\":}", .expectedValue, 5), ("{\"a\"::1}", .expectedValue, 5),
      ("[] []", .trailingBytes, 3), ("{}}", .trailingBytes, 2), ("1 2", .trailingBytes, 2),
      ("\"a\"x", .trailingBytes, 3), ("nulll", .trailingBytes, 4), ("{}\u{0}", .trailingBytes, 2),
      ("True", .expectedValue, 0), ("nul1", .expectedValue, 0), ("NaN", .expectedValue, 0),
      ("Infinity", .expectedValue, 0), ("-Infinity", .badNumber, 1), ("+1", .expectedValue, 0),
      (".5", .expectedValue, 0), ("undefined", .expectedValue, 0), ("'a'", .expectedValue, 0),
      ("01", .badNumber, 0), ("-01", .badNumber, 1), ("[00]", .badNumber, 1), ("[1.]", .badNumber, 3),
      ("[1.e1]", .badNumber, 3),
      ("[1e]", .badNumber, 3), ("[1e+]", .badNumber, 4), ("[1ee1]", .badNumber, 3), ("[-]", .badNumber, 2),
      ("[--1]", .badNumber, 2), ("0x10", .trailingBytes, 1), ("1_000", .trailingBytes, 1),
      ("[1.2.3]", .expectedCommaOrBracket, 4),
      ("// c\n1", .expectedValue, 0), ("/* c */1", .expectedValue, 0),
      ("[1/**/]", .expectedCommaOrBracket, 2),
      ("\u{B}1", .expectedValue, 0), ("\u{C}1", .expectedValue, 0), ("\u{A0}1", .expectedValue, 0),
      ("[\u{2060}]", .expectedValue, 1),
      ("\"", .unterminatedString, 1), ("\"abc", .unterminatedString, 4), ("\"\\", .unterminatedString, 2),
      ("\"\\\"", .unterminatedString, 3), ("\"\\u12", .unterminatedString, 5),
      ("\"a\nb\"", .controlCharacter, 2), ("\"\t\"", .controlCharacter, 1),
      ("\"\u{0}\"", .controlCharacter, 1),
      ("\"\u{1F}\"", .controlCharacter, 1), ("{\"a\nb\":1}", .controlCharacter, 3),
      ("\"\\a\"", .badEscape, 2), ("\"\\x41\"", .badEscape, 2), ("\"\\'\"", .badEscape, 2),
      ("\"\\U0041\"", .badEscape, 2),
      ("\"\\u00G0\"", .badEscape, 5), ("\"\\u 041\"", .badEscape, 3), ("\"\\u004\"", .badEscape, 6),
      ("\"\\é\"", .badEscape, 2),
      ("\"\\ud800\"", .loneSurrogate, 1), ("\"\\uDFFF\"", .loneSurrogate, 1),
      ("\"\\ud800x\"", .loneSurrogate, 1),
      ("\"\\ud800\\n\"", .loneSurrogate, 1), ("\"\\ud800\\u0041\"", .loneSurrogate, 1),
      ("\"\\ud800\\ud800\"", .loneSurrogate, 1), ("\"\\udc00\\ud800\"", .loneSurrogate, 1),
      ("\"\\ud83d\\ude0\"", .badEscape, 12),
    ] as [(String, JSONError.Reason, Int)])
  func rejects(_ text: String, _ reason: JSONError.Reason, _ offset: Int) {
    #expect(jsonError(text)?.reason == reason)
    #expect(jsonError(text)?.offset == offset)
    #expect(SlowJSON.strings(of: Array(text.utf8)) == nil)
  }

  @Test func saysWhatAndWhere() {
    #expect(jsonError("[1 2]")?.description == "not JSON: expected ',' or ']' at byte 4")
    #expect(jsonError("")?.description == "not JSON: empty record")
  }

  @Test func everyPrefixOfARecordIsAnError() {
    let record = Array(
      #"{"a":[1,-2.5e+3,"x\né\ud83d\ude00",true,{"b":null}],"long member name of more than 16":[[]]}"#.utf8)
    #expect(jsonError(record) == nil)
    for count in 0..<record.count {
      let error = jsonError(Array(record[..<count]))
      #expect(error != nil && error!.offset <= count, "\(count) bytes")
    }
  }

  @Test func depthIsLimited() {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(jsonError(nested(256)) == nil)
    #expect(jsonError(nested(257))?.reason == .tooDeep)
    #expect(jsonError(nested(257))?.offset == 256)
    #expect(
      jsonError(String(repeating: "[[],", count: 128) + "[]" + String(repeating: "]", count: 128)) == nil)
    #expect(jsonError(#"{"a":{"b":[]}}"#, maximumDepth: 3) == nil)
    #expect(jsonError(#"{"a":{"b":[1]}}"#, maximumDepth: 2)?.reason == .tooDeep)
    #expect(jsonError("1", maximumDepth: 0) == nil)
    #expect(jsonError(nested(100_000), maximumDepth: 100_000) == nil)
  }

  /// Every byte that ends a run of plain text, at every place within and around the scanner's steps of 16 and
  /// 64 bytes, before texts that are scanned in steps and one by one.
  @Test func findsSpecialBytesAtEveryOffset() throws {
    for special in ["\"", "\\n", "\\u00e9", "é", "€", "😀", "\\ud83d\\ude00", "\u{1}", "\\x"] {
      for before in 0...140 {
        for (rest, counts) in [("b", [0, 1, 5, 15, 16, 63, 64, 90]), ("é", [1, 40])] {
          for after in counts {
            let text = Array(
              ("\"" + String(repeating: "a", count: before) + special + String(repeating: rest, count: after)
                + "\"").utf8)
            let expected = SlowJSON.strings(of: text)
            #expect(
              (jsonError(text) == nil) == (expected != nil),
              "\(special) after \(before) before \(after) \(rest)")
            guard let expected else { continue }
            try withJSON(text) { #expect([$0.string] == expected) }
          }
        }
      }
    }
  }

  /// Strings of pieces that mean something else behind one another: escapes, halves of them, quotes, runs of
  /// backslashes.
  @Test func agreesWithTheRulesOnMixedStrings() throws {
    let pieces = [
      #"\"#, #"\""#, #"\\"#, "\"", "n", "u", "d83c", #"\ud83c"#, #"\udf47"#, #"\ud83c\udf47"#, #"\u0041"#,
      "é", "🍇", #"\n"#,
      "\u{1}", #"\x"#, "zzzzzzzzzzzzzzzz", String(repeating: "b", count: 31),
    ]
    var random = SplitMix(seed: 2)
    var accepted = 0
    for _ in 0..<12_000 {
      var string = String(repeating: "a", count: Int.random(in: 0..<70, using: &random))
      for _ in 0..<Int.random(in: 1...8, using: &random) { string += pieces.randomElement(using: &random)! }
      string += String(repeating: "c", count: Int.random(in: 0..<70, using: &random))
      let text = Array("[\"\(string)\",1]".utf8)
      if try agreesWithTheRules(text) { accepted += 1 }
    }
    #expect(accepted > 2_000)
  }

  /// Sees whether the parser accepts a text if and only if the rules do, and reads the same strings. Returns whether both
  /// accept it.
  private func agreesWithTheRules(_ text: [UInt8]) throws -> Bool {
    let expected = SlowJSON.strings(of: text)
    #expect((jsonError(text) == nil) == (expected != nil), "\(String(decoding: text, as: UTF8.self))")
    guard let expected, jsonError(text) == nil else { return false }
    try withJSON(text) { #expect(strings(of: $0) == expected) }
    return true
  }

  /// Damaged texts: the parser accepts exactly what the rules accept, and reads the same strings.
  @Test func agreesWithTheRulesOnDamagedTexts() throws {
    let seeds = [
      #"{"id":1,"text":"She said \"no\"\n\u00e9\ud83d\ude00 ok","list":[0,-1.5e3,true,null,{"a":[]}]}"#,
      #"[{"instruction":"naïve — 日本語 😀","grape":{"score":-0.125,"tokens":[1,22,333]}},"\\\\"]"#,
    ]
    let alphabet =
      Array(#"{}[]",:\/ue0123456789+-.Etrfalsn"#.utf8) + [
        0x00, 0x1F, 0x20, 0x7F, 0x80, 0xBF, 0xC3, 0xE2, 0xED, 0xF0, 0xFF,
      ]
    var random = SplitMix(seed: 1)
    var accepted = 0
    for seed in seeds {
      for _ in 0..<6_000 {
        var text = Array(seed.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let index = Int.random(in: 0..<text.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: text[index] = alphabet.randomElement(using: &random)!
          case 1: text.insert(alphabet.randomElement(using: &random)!, at: index)
          default: text.remove(at: index)
          }
        }
        if try agreesWithTheRules(text) { accepted += 1 }
      }
    }
    #expect(accepted > 500)
  }
}
