import Commands
import Records
import Selection
import Streams

@main
enum Main {
  static let program = Program(
    name: "grape-stats",
    summary: "Show how scores, lengths and picks are distributed",
    options: [
      Option("json", section: "Output", help: "Write the report as one JSON object"),
      Option("ascii", section: "Output", help: "Draw with ASCII only [default: unless the locale is UTF-8]"),
      Option("svg", argument: "FILE", section: "Output", help: "Draw the report as a picture, too"),
      Option(
        "html", argument: "FILE", section: "Output",
        help: "Write picture, tables and examples as a page, too"),
      Option("partial", section: "Output", help: "Write a summary for --merge instead of the report"),
      Option(
        "merge", section: "Records",
        help: "Read what --partial wrote, of one shard or several, instead of records"),
      .by, .groupBy, .bySource(),
      Option(
        "compare", argument: "PATH_A PATH_B", section: "Records",
        help: "Report how far the scores at PATH_A and PATH_B agree"),
      Option(
        "first", argument: "N", section: "Records",
        help: "Tell what the mean over the first N tokens would pick [default: 32]"),
    ])

  static func main() {
    Filter.main(program) { filter in
      let arguments = filter.arguments
      _ = try arguments.one(of: "partial", "json")
      let paths = try SelectionSummary.Paths(
        group: arguments.string("group-by"), score: arguments.string("by"),
        source: arguments.string("by-source"), compared: arguments.strings("compare").map { ($0[0], $0[1]) },
        firstTokens: arguments.int("first", in: 1...9999) ?? SelectionSummary.Paths.defaultFirstTokens)
      let svg = try arguments.outputPath("svg").map { path in try Output(creating: path) }
      let html = try arguments.outputPath("html").map { path in try Output(creating: path) }
      var summary = try arguments[flag: "merge"] ? merge(filter, paths) : read(filter, paths)
      summary.badRecords += filter.rejected
      let isPartial = arguments[flag: "partial"]
      if isPartial {
        try summary.writePartial { line in
          try filter.output.write(line)
          try filter.output.endRecord(filter.separator)
        }
        if svg == nil, html == nil { return }
      }
      let report = Report(summary)
      try svg?.write(report.svg)
      try svg?.close()
      try html?.write(report.html)
      try html?.close()
      if isPartial { return }
      if arguments[flag: "json"] {
        try filter.output.write(report.json)
        try filter.output.endRecord(filter.separator)
      } else {
        let isASCII = arguments[flag: "ascii"] || !isUTF8Locale
        try filter.output.write(report.text(isASCII: isASCII))
      }
    }
  }

  /// The summary of records.
  private static func read(
    _ filter: Filter, _ paths: SelectionSummary.Paths
  ) throws -> SelectionSummary {
    let arguments = filter.arguments
    let keepsExamples = arguments[flag: "partial"] || arguments[flag: "html"]
    var summary = SelectionSummary(paths: paths, keepsExamples: keepsExamples)
    var parser = JSONParser()
    try filter.records { line in try summary.add(GrapeMember(of: parser.parse(line.bytes))) }
    return summary
  }

  /// The summary of what partial summaries were made of. One that is not whole would give a
  /// wrong report, so it ends the run.
  private static func merge(
    _ filter: Filter, _ paths: SelectionSummary.Paths
  ) throws -> SelectionSummary {
    var reader = PartialReader(paths: paths)
    var parser = JSONParser()
    try filter.records { line in
      do {
        try reader.read(parser.parse(line.bytes))
      } catch {
        filter.fail("\(line.file.name):\(line.number): \(error)")
      }
    }
    return try reader.finish()
  }

  /// Whether the locale's characters are UTF-8, by the first of the variables that is set.
  private static var isUTF8Locale: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(Paths.environment).first ?? ""
    let name = locale.lowercased()
    return name.contains("utf-8") || name.contains("utf8")
  }
}
