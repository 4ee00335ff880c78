import Commands
import Records
import Selection
import Streams

@main
enum Main {
  static let program = Program(
    name: "grape-pick",
    summary: "Keep the best-fitting response of each instruction",
    options: PickRule.options + OutputFormat.options + [
      .by, .groupBy, .bySource,
      Option(
        "grouped", section: "Records",
        help: "Promise that each group's records follow each other, and write its picks when it ends"),
      Option("keep", section: "Output", help: "Write the grape member too"),
      Option(
        "explain", section: "Output",
        help: "Keep the grape member, and add rank, margin to the next and number of candidates"),
      Option(
        "memory", argument: "SIZE", section: "Other",
        help: "Memory to use before spilling to TMPDIR, with K, M or G for powers of 1024 [default: 1G]"),
    ])

  static func main() {
    Filter.main(program) { filter in
      let arguments = filter.arguments
      let explains = arguments[flag: "explain"]
      var row = try OutputFormat.row(arguments)
      var writer = PickWriter(output: filter.output, separator: filter.separator)
      var picker = Picker(
        rule: try PickRule(arguments), keepsMember: explains || arguments[flag: "keep"],
        memory: try arguments.bytes("memory") ?? 1 << 30
      ) { record, standing in
        if explains { try writer.write(record, standing) } else { try writer.write(record) }
      }
      var parser = JSONParser()
      try filter.records { line in
        let record = try GrapeMember(of: parser.parse(line.bytes))
        do {
          if try row?.read(record) != nil {
            try row?.bytes.withUnsafeBytes { try picker.add(record, writing: $0) }
          } else {
            try picker.add(record)
          }
        } catch let conflict as SelectionConflict {
          filter.fail("\(line.file):\(line.number): \(conflict)")
        }
      }
      try picker.finish()
      filter.isFruitless = picker.totals.records > 0 && picker.totals.picks == 0
    }
  }
}
