import Commands
import Records
import Selection
import Streams

@main
enum Main {
  static let program = Program(
    name: "grape-pick",
    summary: "Keep the best-fitting response of each instruction",
    options: [
      Option(
        "top", "k", argument: "K", section: "Picking",
        help: "Pick the K best records of each group [default: 1]"),
      Option(
        "top-from", argument: "PATH", section: "Picking",
        help: "Pick as many as the number at PATH says, which a group's records must agree about"),
      Option("all", section: "Picking", help: "Pick every record that could be picked"),
      Option("worst", section: "Picking", help: "Prefer the lowest score"),
      Option("longest", section: "Picking", help: "Prefer the most response tokens"),
      Option("shortest", section: "Picking", help: "Prefer the fewest response tokens"),
      Option(
        "random", section: "Picking", help: "Prefer by a hash of the seed and the record, whatever the scores"
      ),
      Option("seed", argument: "N", section: "Picking", help: "Seed of --random [default: 0]"),
      Option(
        "min-candidates", argument: "N", section: "Picking",
        help: "Pick nothing from groups of fewer than N records [default: 1]"),
      .by, .groupBy,
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
      var writer = PickWriter(output: filter.output, separator: filter.separator)
      var picker = Picker(
        rule: try rule(arguments), keepsMember: explains || arguments[flag: "keep"],
        memory: try arguments.bytes("memory") ?? 1 << 30
      ) { record, standing in
        if explains { try writer.write(record, standing) } else { try writer.write(record) }
      }
      var parser = JSONParser()
      try filter.records { line in
        do {
          try picker.add(GrapeMember(of: parser.parse(line.bytes)))
        } catch let conflict as GroupConflict {
          filter.fail("\(line.file):\(line.number): \(conflict)")
        }
      }
      try picker.finish()
      filter.isFruitless = picker.totals.candidates > 0 && picker.totals.picks == 0
    }
  }

  /// What the options say about the picks.
  private static func rule(_ arguments: Arguments) throws -> PickRule {
    PickRule(
      fields: try RecordFields(group: arguments.string("group-by"), score: arguments.string("by")),
      order: try order(arguments), quota: try quota(arguments),
      minimumCandidates: try arguments.int("min-candidates", in: 1 ... .max) ?? 1,
      isContiguous: arguments[flag: "grouped"])
  }

  private static func order(_ arguments: Arguments) throws -> PickRule.Order {
    let order = try arguments.one(of: "worst", "longest", "shortest", "random")
    try arguments.check("seed", needs: "random")
    let seed = try arguments.int("seed")
    switch order {
    case "worst": return .lowest
    case "longest": return .longest
    case "shortest": return .shortest
    case "random": return .random(seed: UInt64(bitPattern: Int64(seed ?? 0)))
    default: return .highest
    }
  }

  private static func quota(_ arguments: Arguments) throws -> PickRule.Quota {
    if try arguments.one(of: "top", "top-from", "all") == "all" { return .all }
    if let path = arguments.string("top-from") { return .from(try NamedPath(path)) }
    return .top(try arguments.int("top", in: 1 ... .max) ?? 1)
  }
}
