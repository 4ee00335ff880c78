import Streams

extension Agreement {
  /// The report's section for people, at most 80 columns wide.
  func lines(_ canvas: ReportCanvas) -> [String] {
    var lines = ["Agreement of two scorers"]
    lines.append("  A  " + pathA.fitted(74))
    lines.append("  B  " + pathB.fitted(74))
    guard groups > 0 else {
      return lines + ["  no group has two candidates with both scores"]
    }
    lines.append("  groups of 2 or more  " + grouped(groups).padded(left: 9))
    func row(_ name: String, _ part: Double) {
      lines.append(
        "  " + name.padded(right: 20) + Numerals.percent(part).padded(left: 10) + "  "
          + canvas.bar(part, width: 45))
    }
    row("the same pick", Double(agreeing) / Double(groups))
    row("by chance", random)
    if let tau {
      var line = "  Kendall's tau in a group: mean \(Numerals.fixed(tau.mean, 3)), median "
      line += "\(Numerals.fixed(tau.median, 3)); below 0 in \(grouped(opposed))"
      lines.append(line)
    }
    if sampledGroups > 0 {
      lines.append("  (of 64 candidates in the \(grouped(sampledGroups)) groups that have more)")
    }
    if let pearson, let spearman {
      var line = "  over all candidates: Pearson \(Numerals.fixed(pearson, 3)), "
      line += "Spearman \(Numerals.fixed(spearman, 3))"
      if sampled < records { line += " (of \(grouped(sampled)))" }
      lines.append(line)
    }
    if let lossA, let lossB {
      let (a, b) = (Numerals.short(lossA, 3), Numerals.short(lossB, 3))
      lines.append("  mean loss: \(a) by A with B's picks, \(b) by B with A's")
    }
    if !sources.isEmpty { lines += [""] + sourceLines }
    if !disputes.isEmpty { lines += [""] + disputeLines }
    return lines
  }

  private var sourceLines: [String] {
    let shown = sources.prefix(20)
    let names = shown.map { $0.name.fitted(26) }
    let width = max(names.map(\.columns).max() ?? 0, 12)
    var lines = ["  " + "picks of".padded(right: width) + "        by A             by B"]
    for (name, row) in zip(names, shown) {
      lines.append(
        "  " + name.padded(right: width) + cell(row.picksA) + cell(row.picksB))
    }
    if sources.count > shown.count { lines.append("  and \(grouped(sources.count - shown.count)) more") }
    return lines
  }

  private func cell(_ picks: Int) -> String {
    grouped(picks).padded(left: 9) + Numerals.percent(Double(picks) / Double(groups)).padded(left: 8)
  }

  private var disputeLines: [String] {
    var lines = ["  groups that disagree most   size     tau  A picks           B picks"]
    for dispute in disputes {
      let key = dispute.key.fitted(26).padded(right: 26)
      let size = grouped(dispute.candidates).padded(left: 6)
      let tau = Numerals.fixed(dispute.tau, 3).padded(left: 8)
      let sources =
        dispute.sourceA.fitted(16).padded(right: 16) + "  " + dispute.sourceB.fitted(16)
      lines.append("  " + key + size + tau + "  " + sources)
    }
    return lines
  }
}
