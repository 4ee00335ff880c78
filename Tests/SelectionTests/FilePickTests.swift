import Foundation
import Records
import Selection
import Streams
import TestSupport
import Testing

/// Picks from files: their records are not kept but read again.
@Suite struct FilePickTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Files with these records, and `]` behind an array's.
  private func files(_ parts: [[TestRecord]], isArray: (Int) -> Bool = { _ in false }) throws -> [URL] {
    try parts.enumerated().map { index, records in
      let texts = records.map(\.text)
      let text = isArray(index) ? "[\(texts.joined(separator: ",\n"))]" : texts.joined(separator: "\r\n")
      return URL(fileURLWithPath: try folder.file("\(index).jsonl", "\u{FEFF}" + text))
    }
  }

  /// What the picker writes of files' records; `change` is called before it reads them again.
  private static func pick(
    _ files: [URL], _ rule: PickRule, memory: Int, change: () throws -> Void = {}
  ) throws -> (picks: [PickerTests.Picked], totals: Picker.Totals) {
    var picks: [PickerTests.Picked] = []
    var picker = Picker(rule: rule, keepsMember: true, memory: memory) {
      picks.append(.init(text: String(decoding: $0.record.raw, as: UTF8.self), standing: $1))
    }
    var parser = JSONParser()
    for file in files {
      let file = try InputFile(path: file.path())
      let reader = LineReader(file, separator: UInt8(ascii: "\n"), maximumLength: 1 << 20)
      while let line = try reader.next() {
        let place = line.offset.map { FilePlace(file: file, offset: $0) }
        try picker.add(GrapeMember(of: parser.parse(line.bytes)), at: place)
      }
    }
    try change()
    try picker.finish()
    return (picks, picker.totals)
  }

  @Test(arguments: PickerTests.Arm.allCases)
  func recordsOfFilesAreReadAgain(_ arm: PickerTests.Arm) throws {
    let records = randomRecords(3000, groups: 700, padding: 300, seed: 1)
    let parts = [records[..<1000], records[1000..<1001], records[1001...]].map(Array.init)
    let (picks, totals) = try Self.pick(files(parts), PickerTests.rule(arm), memory: 1 << 16)
    #expect(picks == PickerTests.obviousPick(arm, records))
    #expect(totals.spilledBytes == 0)
    #expect(totals.spilledTables > 1)
  }

  /// An array's records are moved when they are read, and there may be more files than can be open.
  @Test func manyFilesAndArraysAmongThem() throws {
    let records = randomRecords(1000, groups: 300, padding: 2000, seed: 2)
    let parts = (0..<100).map { Array(records[(10 * $0)..<(10 * $0 + 10)]) }
    let files = try files(parts) { $0 % 7 == 3 }
    let (picks, totals) = try Self.pick(files, PickerTests.rule(.topThree), memory: 1 << 17)
    #expect(picks == PickerTests.obviousPick(.topThree, records))
    #expect(totals.spilledBytes > 0)
  }

  /// Records that are kept are outdone by others of files, and the other way round; they are forgotten as far
  /// as they are behind the last file's.
  @Test func recordsThatAreOutdoneAreForgotten() throws {
    let records = (0..<4000).map {
      TestRecord(group: "g\($0 % 90)", score: Double($0 / 50), padding: $0 * 7 % 600, number: $0)
    }
    let parts = [0..<1000, 1000..<2000, 2000..<4000].map { Array(records[$0]) }
    for isArray in [0, 1] {
      let files = try files(parts) { $0 % 2 == isArray }
      let (picks, totals) = try Self.pick(files, PickerTests.rule(.topThree), memory: 1 << 21)
      #expect(picks == PickerTests.obviousPick(.topThree, records))
      #expect(totals.spilledBytes == 0)
    }
  }

  @Test func aRecordLargerThanAnyWindow() throws {
    let records = (0..<40).map {
      TestRecord(group: "g\($0 % 7)", score: Double($0), padding: $0 % 3 * 300_000, number: $0)
    }
    let (picks, _) = try Self.pick(files([records]), PickerTests.rule(.topThree), memory: 1 << 16)
    #expect(picks == PickerTests.obviousPick(.topThree, records))
  }

  /// A file that others write to meanwhile: what is picked is what was scored, or nothing.
  @Test func aFileThatHasChangedIsAnError() throws {
    let records = randomRecords(100, groups: 10, seed: 3)
    let files = try files([records])
    let original = try Data(contentsOf: files[0])
    func changed(_ text: Data) throws {
      try original.write(to: files[0])
      let error = SelectionConflict.changed(file: files[0].path())
      #expect(throws: error) {
        try Self.pick(files, PickerTests.rule(.all), memory: 1 << 20) { try text.write(to: files[0]) }
      }
    }
    let text = String(decoding: original, as: UTF8.self)
    try changed(original.dropLast(10))
    try changed(Data())
    try changed(Data(text.replacingOccurrences(of: #""score": -"#, with: #""score": 1"#).utf8))
    try changed(Data(text.replacingOccurrences(of: #""group": "g"#, with: #""grout": "g"#).utf8))
    // More at the end changes nothing.
    try original.write(to: files[0])
    let (picks, _) = try Self.pick(files, PickerTests.rule(.all), memory: 1 << 20) {
      try (original + original).write(to: files[0])
    }
    #expect(picks.count == 100)
  }
}
