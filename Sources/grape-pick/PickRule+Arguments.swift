import Commands
import Records
import Selection

/// What the command line says about the picks.
extension PickRule {
  static let options: [Option] = [
    Option(
      "top", "k", argument: "K", section: number,
      help: "Pick the K best records of each group [default: 1]"),
    Option(
      "top-fraction", argument: "F", section: number,
      help: "Pick the best F of each group, above 0 and up to 1, rounded up to whole records"),
    Option(
      "top-from", argument: "PATH", section: number,
      help: "Pick as many as the number at PATH says, which a group's records must agree about"),
    Option("all", section: number, help: "Pick every record that could be picked"),
    Option("worst", section: order, help: "Prefer the lowest score"),
    Option("longest", section: order, help: "Prefer the most response tokens"),
    Option("shortest", section: order, help: "Prefer the fewest response tokens"),
    Option(
      "random", section: order, help: "Prefer by a hash of the seed and the record, whatever the scores"),
    Option(
      "temperature", argument: "T", section: order,
      help: "With --random: draw with probabilities proportional to exp(score / T)"),
    Option("seed", argument: "N", section: order, help: "Seed of what is random [default: 0]"),
    Option(
      "prefer", argument: "PATH=VALUE", section: order,
      help: "Prefer records with VALUE at PATH to all others, such as source=gpt-4"),
    Option(
      "then-by", argument: "PATH", section: order,
      help: "Between equal records, prefer the greater number at PATH instead of the earlier one"),
    Option(
      "min-score", argument: "X", section: conditions, help: "Leave out records with a score below X"),
    Option(
      "max-score", argument: "X", section: conditions, help: "Leave out records with a score above X"),
    Option(
      "min-candidates", argument: "N", section: conditions,
      help: "Pick nothing from groups of fewer than N records [default: 1]"),
    Option(
      "min-margin", argument: "X", section: conditions,
      help: "Pick only from groups whose picks are better than the next record by X or more"),
    Option("limit", argument: "N", section: total, help: "Write N picks of all groups' at most"),
    Option(
      "limit-by", argument: "HOW", choices: ["best", "margin", "random"], section: total,
      help: "Which picks stay: the best, those with the greatest margin, or random ones [default: best; "
        + "with --random, random]"),
    Option(
      "min-share", argument: "F", section: total,
      help: "With --limit: give each source this part of the picks, as far as it has so many"),
    Option(
      "max-share", argument: "F", section: total, help: "Give no source more than this part of the picks"),
  ]

  private static let number = "How many records of a group"
  private static let order = "Which records of a group"
  private static let conditions = "Conditions"
  private static let total = "Picks of all groups"

  init(_ arguments: Arguments) throws {
    self.init(
      fields: try RecordFields(group: arguments.string("group-by"), score: arguments.string("by")),
      order: try Self.order(arguments), quota: try Self.quota(arguments),
      minimumCandidates: try arguments.int("min-candidates", in: 1 ... .max) ?? 1,
      isContiguous: arguments[flag: "grouped"])
    _ = try arguments.one(of: "then-by", "random")
    tieBreaker = try arguments.string("then-by").map { text in try NamedPath(text) }
    preference = try Self.preference(arguments)
    scores = try Self.scores(arguments)
    minimumMargin = try arguments.number("min-margin")
    _ = try arguments.one(of: "min-margin", "all")
    limit = try Self.limit(arguments)
    if limit?.order == .margin { try checkMargins("--limit-by margin") }
    if minimumMargin != nil { try checkMargins("--min-margin") }
  }

  private static func order(_ arguments: Arguments) throws(UsageError) -> Order {
    let order = try arguments.one(of: "worst", "longest", "shortest", "random")
    try arguments.check("temperature", needs: "random")
    switch order {
    case "worst": return .lowest
    case "longest": return .longest
    case "shortest": return .shortest
    case "random":
      let seed = try seed(arguments)
      return try arguments.number("temperature", above: 0).map { .softmax(temperature: $0, seed: seed) }
        ?? .random(seed: seed)
    default: return .highest
    }
  }

  private static func quota(_ arguments: Arguments) throws -> Quota {
    if try arguments.one(of: "top", "top-fraction", "top-from", "all") == "all" { return .all }
    if let path = arguments.string("top-from") { return .from(try NamedPath(path)) }
    if let fraction = try arguments.fraction("top-fraction") { return .fraction(fraction) }
    return .top(try arguments.int("top", in: 1 ... .max) ?? 1)
  }

  private static func preference(_ arguments: Arguments) throws -> Preference? {
    guard let text = arguments.string("prefer") else { return nil }
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw UsageError("option '--prefer' takes PATH=VALUE, such as source=gpt-4, not '\(text)'")
    }
    return Preference(path: try NamedPath(String(parts[0])), value: String(parts[1]))
  }

  private static func scores(_ arguments: Arguments) throws(UsageError) -> ClosedRange<Double>? {
    let (low, high) = (try arguments.number("min-score"), try arguments.number("max-score"))
    guard low != nil || high != nil else { return nil }
    guard low ?? -.infinity <= high ?? .infinity else {
      throw UsageError("--min-score is above --max-score")
    }
    return (low ?? -.infinity)...(high ?? .infinity)
  }

  // MARK: All groups

  private static func limit(_ arguments: Arguments) throws -> PickLimit? {
    let order = try limitOrder(arguments)
    try arguments.check("min-share", needs: "limit")
    let count = try arguments.int("limit", in: 1 ... .max)
    let (least, greatest) = (try arguments.fraction("min-share"), try arguments.fraction("max-share"))
    guard count != nil || greatest != nil else { return nil }
    if let least, let greatest, greatest < least { throw UsageError("--min-share is above --max-share") }
    _ = try arguments.one(of: "limit", "grouped")
    _ = try arguments.one(of: "max-share", "grouped")
    let hasShares = least != nil || greatest != nil
    return PickLimit(
      count: count ?? .max, order: order,
      sourcePath: hasShares ? try NamedPath(arguments.string("by-source") ?? "source") : nil,
      minimumShare: least, maximumShare: greatest)
  }

  private static func limitOrder(_ arguments: Arguments) throws(UsageError) -> PickLimit.Order {
    try arguments.check("limit-by", needs: "limit", "max-share")
    let random = PickLimit.Order.random(seed: try seed(arguments))
    let how = arguments.string("limit-by") ?? (arguments[flag: "random"] ? "random" : "best")
    if how != "random", arguments[flag: "random"] {
      throw UsageError("--random and --limit-by \(how) exclude each other")
    }
    if how != "random", arguments[flag: "seed"] {
      throw UsageError("--seed needs --random or --limit-by random")
    }
    switch how {
    case "best": return .best
    case "margin": return .margin
    case "random": return random
    default: throw UsageError("option '--limit-by' takes one of best, margin, random, not '\(how)'")
    }
  }

  private func checkMargins(_ option: String) throws(UsageError) {
    guard hasMargins else {
      throw UsageError("\(option) goes with neither --random nor --prefer: there are no margins")
    }
  }

  private static func seed(_ arguments: Arguments) throws(UsageError) -> UInt64 {
    UInt64(bitPattern: Int64(try arguments.int("seed") ?? 0))
  }
}
