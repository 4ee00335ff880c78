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
      .by, .groupBy, .bySource(),
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
      var writer = PickWriter(
        arguments[flag: "explain"] ? .explained : arguments[flag: "keep"] ? .unchanged : .none,
        row: try OutputFormat.row(arguments), output: filter.output, separator: filter.separator)
      var picker = Picker(
        rule: try PickRule(arguments), keepsMember: !writer.ignoresMember,
        memory: try arguments.bytes("memory") ?? 1 << 30
      ) { try writer.write($0, $1) }
      let isSelective = writer.isSelective
      var parser = JSONParser()
      try filter.records { line in
        let record = try GrapeMember(of: parser.parse(line.bytes))
        if isSelective { try writer.check(record) }
        do {
          try picker.add(record, at: line.place)
        } catch let conflict as SelectionConflict {
          filter.fail("\(line.file.name):\(line.number): \(conflict)")
        }
      }
      try picker.finish()
      if picker.totals.records > 0, picker.totals.picks == 0 {
        filter.isFruitless = true
        let count = picker.totals.records
        filter.warn("nothing was picked of \(grouped(count)) record\(count == 1 ? "" : "s")")
      }
    }
  }
}
