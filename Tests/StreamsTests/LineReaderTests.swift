import Foundation
import Streams
import TestSupport
import Testing

struct Record: Equatable, CustomStringConvertible {
  var text: String
  var number: Int
  var isOversize = false

  var description: String { "\(number):\(text)\(isOversize ? "…" : "")" }
}

/// Everything a reader gives for a file, errors as text.
func read(
  _ contents: [UInt8], separator: UInt8 = 10, maximumLength: Int = 1 << 20
) throws -> (records: [Record], errors: [String]) {
  let folder = try TemporaryFolder()
  let reader = LineReader(
    try InputFile(path: try folder.file("input", contents)), separator: separator,
    maximumLength: maximumLength)
  return try drain(reader)
}

func drain(_ reader: LineReader) throws -> (records: [Record], errors: [String]) {
  var records: [Record] = []
  var errors: [String] = []
  while true {
    do {
      guard let line = try reader.next() else { return (records, errors) }
      records.append(Record(text: text(line.bytes), number: line.number, isOversize: line.isOversize))
    } catch let error as ArrayError {
      errors.append(error.description)
      if errors.count > 20 { return (records, errors) }
    }
  }
}

@Suite struct LineReaderTests {
  @Test(arguments: [
    ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]),
    ("\r\n\r", ["", ""]), ("a\r\r\n", ["a\r"]), ("\n\na", ["", "", "a"]), ("\u{FEFF}a\n", ["a"]),
    ("\u{FEFF}", []),
  ])
  func lines(input: String, expected: [String]) throws {
    let (records, errors) = try read(bytes(input))
    #expect(records.map(\.text) == expected)
    #expect(records.map(\.number) == Array(1..<expected.count + 1))
    #expect(errors.isEmpty)
  }

  @Test func separatedByNul() throws {
    let (records, _) = try read(bytes("a\nb\0c\r\0\0d"), separator: 0)
    #expect(records.map(\.text) == ["a\nb", "c\r", "", "d"])
    #expect(records.map(\.number) == [1, 2, 3, 4])
  }

  /// Lengths around every size at which the window moves or grows.
  @Test func longLines() throws {
    var lines: [String] = []
    for length in [
      1, 65535, 65536, 65537, 131072, 196607, 196608, 262143, 262144, 262145, 600_000, 3, 1 << 20,
    ] {
      lines.append(String(repeating: "x", count: length) + "\(length)")
    }
    let (records, _) = try read(bytes(lines.joined(separator: "\n")), maximumLength: 1 << 21)
    #expect(records.map(\.text) == lines)
  }

  @Test(arguments: [(4, false), (5, false), (6, true), (7, true), (300_000, true)])
  func maximumLength(length: Int, isOversize: Bool) throws {
    for end in ["\n", "\r\n", ""] {
      let line = String(repeating: "y", count: length)
      let (records, _) = try read(bytes("a\n" + line + end + (end == "" ? "" : "b\n")), maximumLength: 5)
      let expected = Record(text: String(line.prefix(5)), number: 2, isOversize: isOversize)
      #expect(records.prefix(2) == [Record(text: "a", number: 1), expected])
      #expect(records.dropFirst(2).map(\.text) == (end == "" ? [] : ["b"]))
    }
  }

  @Test func restOfOversizeLine() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "0123456789", count: 70_000)
    let path = try folder.file("input", bytes("\(long)\r\nnext"))
    let reader = LineReader(try InputFile(path: path), separator: 10, maximumLength: 7)
    var copy = ""
    let line = try #require(try reader.next())
    copy += text(line.bytes)
    try reader.copyRest { copy += text($0) }
    #expect(copy == long + "\r")
    #expect(reader.bytesTaken == long.utf8.count + 2, "what is read ahead does not count")
    #expect(text(try #require(try reader.next()).bytes) == "next")
    #expect(try reader.next() == nil)
    #expect(reader.bytesTaken == long.utf8.count + 6)
  }

  @Test func tellsReturns() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("input", bytes("a\r\nb\nc\r"))
    let reader = LineReader(try InputFile(path: path), separator: 10, maximumLength: 7)
    var returns: [Bool] = []
    while let line = try reader.next() { returns.append(line.hasReturn) }
    #expect(returns == [true, false, true])
  }

  /// One byte a write: every boundary falls between two reads once.
  @Test func shortReads() throws {
    for input in ["{\"a\":1}\r\n\n{\"b\":[2]}", "[{\"a\": \"\\\"]\"},\n {\"b\":\n [2]}, 3 ]\n"] {
      let (path, _, keep) = try pipeInput(bytes(input).map { [$0] })
      let reader = LineReader(try InputFile(path: path), separator: 10, maximumLength: 100)
      let slow = try drain(reader)
      let fast = try read(bytes(input))
      #expect(slow.records == fast.records && slow.errors == fast.errors)
      #expect(slow.records.count == 3)
      _ = keep
    }
  }

  @Test func callsBeforeBlocking() throws {
    let (path, _, keep) = try pipeInput([bytes("a\nb\nc"), bytes("c\n"), bytes("d")], every: 50_000)
    let reader = LineReader(try InputFile(path: path), separator: 10, maximumLength: 100)
    var events: [String] = []
    reader.beforeBlocking = { if events.last != "|" { events.append("|") } }
    while let line = try reader.next() { events.append(text(line.bytes)) }
    #expect(events.filter { $0 != "|" } == ["a", "b", "cc", "d"])
    let position = try #require(events.firstIndex(of: "b"))
    #expect(events[position + 1] == "|", "a pause after b, before the rest of c: \(events)")
    _ = keep
  }
}

@Suite struct ArrayFramingTests {
  @Test(arguments: [
    ("[]", []), (" [ ] ", []), ("[1]", ["1"]), ("[1,2 , 3]", ["1", "2", "3"]),
    ("[{\"a\":1},{\"b\":\"]},{\\\"\"}]\n", ["{\"a\":1}", "{\"b\":\"]},{\\\"\"}"]),
    ("[[1,[2]],\"x,]\",null,true]", ["[1,[2]]", "\"x,]\"", "null", "true"]),
    ("[{\"a\": 1,\r\n   \"b\":  [\n\t\t2,\n 3\n]\n}\n]", ["{\"a\": 1,\"b\":  [2,3]}"]),
    ("[1][2]\n[ ]\n\n[3,4]", ["1", "2", "3", "4"]), ("\u{FEFF} [1]", ["1"]),
    ("[\"\\\\\",2]", ["\"\\\\\"", "2"]),
  ])
  func elements(input: String, expected: [String]) throws {
    let (records, errors) = try read(bytes(input))
    #expect(records.map(\.text) == expected)
    #expect(errors == [])
  }

  @Test func lineNumbers() throws {
    let (records, _) = try read(bytes("\n\n[\n1,\n\n{\"a\":\n\"\n\"},2]\n[3\n,4]"))
    #expect(records.map(\.number) == [4, 6, 8, 9, 10])
  }

  @Test(arguments: [
    ("[1,]", ["1"], [ArrayError.expectedElement]), ("[,1]", ["1"], [.expectedElement]),
    ("[1,,2]", ["1", "2"], [.expectedElement]), ("[1 2]", ["1", "2"], [.expectedComma]),
    ("[{} {}]", ["{}", "{}"], [.expectedComma]), ("[1", ["1"], [.unterminated]), ("[", [], [.unterminated]),
    ("[1,", ["1"], [.unterminated]), ("[{\"a\":", ["{\"a\":"], [.unterminated]),
    ("[\"a", ["\"a"], [.unterminated]),
    ("[1] x\n{}", ["1"], [.trailingText]), ("[}]", ["}"], []), ("[:,2]", [":", "2"], []),
    ("[{\"a\":1],2]", ["{\"a\":1]", "2"], []),
  ])
  func malformed(input: String, expected: [String], complaints: [ArrayError]) throws {
    let (records, errors) = try read(bytes(input))
    #expect(records.map(\.text) == expected)
    #expect(errors == complaints.map(\.description))
  }

  /// What ends or interrupts a run of plain bytes at every place in a word, with and without bytes to move.
  @Test(arguments: ["", "\n", "\n      "])
  func longStrings(indentation: String) throws {
    for length in 0..<40 {
      let plain = String(repeating: ",]é}", count: length / 5) + String(repeating: "x", count: length % 5)
      for special in ["", "\\\\", "\\\"", "\\n", "\\\\\\\""] {
        let string = "\"\(plain)\(special)\(plain)\""
        let element = "{\(indentation)\(string):\(indentation)\(string)\(indentation)}"
        let (records, errors) = try read(bytes("[\(element),\(element)]"))
        #expect(records.map(\.text) == Array(repeating: "{\(string):\(string)}", count: 2))
        #expect(errors == [])
      }
    }
  }

  @Test func oversizeElement() throws {
    let long = "{\"a\":\"" + String(repeating: "z", count: 500_000) + "\"}"
    let folder = try TemporaryFolder()
    let path = try folder.file("input", bytes("[1,\n\(long),\n2]"))
    let reader = LineReader(try InputFile(path: path), separator: 10, maximumLength: 9)
    #expect(text(try #require(try reader.next()).bytes) == "1")
    let line = try #require(try reader.next())
    #expect(line.isOversize && line.number == 2)
    var copy = text(line.bytes)
    try reader.copyRest { copy += text($0) }
    #expect(copy == long)
    #expect(text(try #require(try reader.next()).bytes) == "2")
    #expect(try reader.next() == nil)
  }

  @Test func skippedOversizeElement() throws {
    let (records, errors) = try read(bytes("[\"aaaaaaaaa\",\"b\",12345678901, 3]"), maximumLength: 5)
    #expect(records.map(\.isOversize) == [true, false, true, false])
    #expect(records.map(\.number) == [1, 1, 1, 1])
    #expect(records[1].text == "\"b\"" && records[3].text == "3")
    #expect(errors == [])
  }
}
