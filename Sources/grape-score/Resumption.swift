import Commands
import Records
import Streams

/// The output of a run that was cut short: its records are compared with the input's, one by one, and
/// what is torn at its end is dropped.
///
/// Whatever has stopped the run, the records that lie whole before the first torn one are those of the first
/// records of the input. Scores do not depend on what is scored with them, so going on behind these makes the
/// file that a run without a break would have made.
final class Resumption {
  private let path: String
  private let separator: UInt8
  private let file: MappedFile?
  private var parser = JSONParser()
  /// Where the records end that have been found to be right, and how many they are.
  private var position = 0
  private var count = 0

  /// - Parameters:
  ///   - path: the file; one that does not exist is begun.
  ///   - separator: what ends its records.
  init(path: String, separator: UInt8) throws(IOError) {
    self.path = path
    self.separator = separator
    file = Paths.exists(path) ? try MappedFile(path: path) : nil
  }

  /// Skips the scores of a record, if they are there, and returns the identity of the model that they are of.
  ///
  /// - Throws: `ResumptionError` when the next record there is another one's, or made in another way.
  func skip(_ member: GrapeMember, _ report: ScoreReport) throws(ResumptionError) -> String? {
    guard let line = nextLine, let scored = scored(line) else { return nil }
    guard let model = scored["model"]?.string, report.isResult(scored, of: member) else {
      throw ResumptionError(path: path, record: count + 1)
    }
    position += line.count + 1
    count += 1
    return model
  }

  /// The file, to be written behind the records that are right: each record when it is scored, so that
  /// nothing but the window in hand is lost to what gives no warning.
  ///
  /// - Throws: `ResumptionError` when there are whole records left that the input has not, or something that
  ///   no run of this program leaves behind: then the file is somebody else's.
  func output() throws -> Output {
    if let line = nextLine, scored(line) != nil { throw ResumptionError(path: path, record: count + 1) }
    guard isTorn(rest) else { throw ResumptionError(path: path, record: count + 1, isForeign: true) }
    return try Output(continuing: path, at: position, lineBuffered: true)
  }

  /// What follows the records that have been found to be right.
  private var rest: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: (file?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0))[position...])
  }

  /// The next whole line, without what ends it.
  private var nextLine: UnsafeRawBufferPointer? { line(endingWith: separator) }

  private func line(endingWith separator: UInt8) -> UnsafeRawBufferPointer? {
    let rest = rest
    return rest.firstIndex(of: separator).map { UnsafeRawBufferPointer(rebasing: rest[..<$0]) }
  }

  /// A line as a record with a score; nil for what a crash of the machine leaves in its place.
  private func scored(_ line: UnsafeRawBufferPointer) -> GrapeMember? {
    guard let record = try? parser.parse(line), let member = try? GrapeMember(of: record), member.score != nil
    else {
      return nil
    }
    return member
  }

  /// Whether these bytes may be what an interrupted run or a crash of the machine has left in the
  /// place of scores. Where no record has shown that the file is this program's, its first byte
  /// and what ends its lines have to.
  private func isTorn(_ rest: UnsafeRawBufferPointer) -> Bool {
    guard let first = rest.first else { return true }
    func isJSON(_ line: UnsafeRawBufferPointer?) -> Bool {
      line.map { (try? parser.parse($0)) != nil } ?? false
    }
    if isJSON(nextLine) { return false }
    return count > 0
      || [UInt8(ascii: "{"), UInt8(ascii: " "), 0].contains(first)
        && !isJSON(line(endingWith: separator == 0 ? UInt8(ascii: "\n") : 0))
  }
}

/// An output that is not the beginning of this run's.
struct ResumptionError: Error, CustomStringConvertible {
  let path: String
  let record: Int
  /// Whether it is no output of this program at all.
  var isForeign = false

  var description: String {
    isForeign
      ? "\(path):\(record): not a scored record: --resume names the output of an earlier run, or a new file"
      : "\(path):\(record): not what this run makes of its input: another input, model, precision or set of options"
  }
}
