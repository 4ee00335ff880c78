import Streams

/// The report as a page to read: the picture, the tables, and the most and least fitting examples.
///
/// It is one file without scripts and without anything from outside, and its policy forbids browsers to run
/// or fetch anything should a text ever get out of its place. Every text goes through `Markup.escaped`.
struct HTMLPage {
  private let report: Report
  private let figure: Figure
  private var body = ""

  init(_ report: Report) {
    self.report = report
    figure = Figure(report)
    body += "<h1>\(Markup.escaped(figure.title))</h1>\n"
    body += "<p class=\"sub\">\(Markup.escaped(figure.subtitle))</p>\n"
    body += "<figure>\n\(figure.svg(isDocument: false))</figure>\n"
    addDistributions()
    addSources()
    addRules()
    addAgreement()
    addExamples()
  }

  /// The whole document.
  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    base-uri 'none'; form-action 'none'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(Markup.escaped(figure.title))</title>
    <style>
    \(HTMLPage.css)
    </style>
    </head>
    <body>
    <main>
    \(body)</main>
    </body>
    </html>

    """
  }

  // MARK: Tables

  /// A table whose first column names the rows; the columns of `textColumns` are text, the others numbers.
  private mutating func addTable(
    _ heads: [String], _ rows: [[String]], textColumns: Set<Int> = [0]
  ) {
    func style(_ column: Int) -> String { textColumns.contains(column) ? " class=\"text\"" : "" }
    body += "<div class=\"wide\"><table>\n<thead><tr>"
    for (column, head) in heads.enumerated() {
      body += "<th scope=\"col\"\(style(column))>\(Markup.escaped(head))</th>"
    }
    body += "</tr></thead>\n<tbody>\n"
    for row in rows {
      body += "<tr>"
      for (column, cell) in row.enumerated() {
        let tag = column == 0 ? "th scope=\"row\"" : "td"
        body += "<\(tag)\(style(column))><bdi>\(Markup.escaped(cell))</bdi></\(column == 0 ? "th" : "td")>"
      }
      body += "</tr>\n"
    }
    body += "</tbody>\n</table></div>\n"
  }

  private mutating func addNote(_ text: String) { body += "<p class=\"note\">\(Markup.escaped(text))</p>\n" }

  private mutating func addHead(_ text: String) { body += "<h2>\(Markup.escaped(text))</h2>\n" }

  private static func places(_ distribution: Report.Distribution) -> Int {
    Numerals.places(forSpread: (distribution.quantiles.last ?? 0) - (distribution.quantiles.first ?? 0))
  }

  private mutating func addDistributions() {
    let scores = figure.scoreName
    let scorePlaces = report.score.map(HTMLPage.places)
    let all: [(String, Report.Distribution?, Int?)] = [
      (scores, report.score, scorePlaces), (scores + " of the picks", report.pickScores, scorePlaces),
      ("margin of the picks", report.margin, nil), ("tokens", report.tokens, 0),
      ("tokens of the picks", report.pickTokens, 0), ("candidates in a group", report.groupSize, 0),
    ]
    let rows = all.compactMap { name, distribution, places -> [String]? in
      guard let distribution else { return nil }
      let places = places ?? HTMLPage.places(distribution)
      return [name, grouped(distribution.count), PlotScale.label(distribution.mean, max(places, 1))]
        + ([distribution.minimum] + distribution.quantiles + [distribution.maximum])
        .map { PlotScale.label($0, places) }
    }
    guard !rows.isEmpty else { return }
    addHead("Distributions")
    addTable(["", "count", "mean", "least", "5%", "25%", "median", "75%", "95%", "most"], rows)
    let error = all.compactMap { $0.1?.histogram.statedError }.max() ?? 0
    var notes = [
      error == 0
        ? "Quantiles are exact."
        : "Quantiles are off by at most \(Numerals.fixed(100 * error, 2))% of themselves."
    ]
    if let pearson = report.pearson, let spearman = report.spearman {
      let sample = report.sampled < report.paired ? " (of \(grouped(report.sampled)) sampled records)" : ""
      notes.append(
        "The correlation of score and length is \(PlotScale.label(pearson, 3)) by Pearson, "
          + "\(PlotScale.label(spearman, 3)) by Spearman\(sample).")
    }
    if let perplexity = report.perplexity {
      notes.append("The perplexity of the mean score is \(Numerals.short(perplexity, 2)).")
    }
    addNote(notes.joined(separator: " "))
  }

  private static let sourceLimit = 30

  private mutating func addSources() {
    guard !report.sources.isEmpty else { return }
    addHead("Sources")
    let places = report.score.map(HTMLPage.places) ?? 3
    let (shown, rest) = report.mainSources(HTMLPage.sourceLimit)
    func cells(_ row: Report.SourceRow) -> [String] {
      var cells = [row.name, grouped(row.records), Numerals.percent(row.share)]
      cells.append(row.meanTokens.map { Numerals.short($0, 1) } ?? "")
      cells.append(row.meanScore.map { PlotScale.label($0, places) } ?? "")
      let median = row.scores.quantiles([0.5])?[0]
      cells.append(median.map { PlotScale.label($0, places) } ?? "")
      cells += [grouped(row.groups), grouped(row.wins), row.winRate.map(Numerals.percent) ?? ""]
      cells.append(
        row.winInterval.map { "\(Numerals.percent($0.low)) – \(Numerals.percent($0.high))" } ?? "")
      return cells
    }
    let heads = [
      report.sourcePath, "records", "share", "mean tokens", "mean score", "median score", "groups", "won",
      "win rate", "95% interval",
    ]
    addTable(heads, shown.map(cells))
    if !rest.isEmpty {
      body += "<details><summary>\(grouped(rest.count)) sources with fewer records</summary>\n"
      addTable(heads, rest.map(cells))
      body += "</details>\n"
    }
    addNote(
      "Groups are those of two or more scored records in which the source has one. Intervals are Wilson's.")
  }

  private mutating func addRules() {
    guard report.choices.groups > 0 else { return }
    addHead("How often another choice is the pick")
    var rows = [
      ["a random one", grouped(report.choices.groups), Numerals.percent(report.choices.random), ""]
    ]
    for rule in report.rules {
      rows.append([
        rule.kind.label, grouped(rule.groups), Numerals.percent(rule.agreement),
        rule.meanTokens.map { Numerals.short($0, 1) } ?? "",
      ])
    }
    addTable(["choice", "groups", "the same", "mean tokens"], rows)
    if report.choices.measured > 0 {
      addNote("The picks themselves have \(Numerals.fixed(report.choices.pickTokens, 1)) tokens on average.")
    }
  }

  private mutating func addAgreement() {
    guard let agreement = report.agreement, agreement.groups > 0 else { return }
    addHead("Agreement of two scorers")
    let (same, groups) = (Double(agreement.agreeing) / Double(agreement.groups), grouped(agreement.groups))
    var text =
      "A is \(agreement.pathA), B is \(agreement.pathB). In \(groups) groups both pick the same record "
    text += "in \(Numerals.percent(same)), where chance would give \(Numerals.percent(agreement.random))."
    if let tau = agreement.tau {
      text += " Kendall's tau in a group is \(PlotScale.label(tau.mean, 3)) on average, "
      text +=
        "\(PlotScale.label(tau.median, 3)) in the median, and below zero in \(grouped(agreement.opposed))."
    }
    if let pearson = agreement.pearson, let spearman = agreement.spearman {
      text += " Over all \(grouped(agreement.records)) candidates the scores' correlation is "
      text += "\(PlotScale.label(pearson, 3)) by Pearson, \(PlotScale.label(spearman, 3)) by Spearman."
    }
    addNote(text)
    if !agreement.sources.isEmpty {
      addTable(
        ["picks of", "by A", "by B"],
        agreement.sources.map { [$0.name, grouped($0.picksA), grouped($0.picksB)] })
    }
    guard !agreement.disputes.isEmpty else { return }
    body += "<h3>Groups that disagree most</h3>\n"
    addTable(
      ["group", "candidates", "tau", "A picks", "B picks", "A's loss with B's", "B's loss with A's"],
      agreement.disputes.map { dispute in
        [
          dispute.key, grouped(dispute.candidates), PlotScale.label(dispute.tau, 3), dispute.sourceA,
          dispute.sourceB, Numerals.short(dispute.lossA, 3), Numerals.short(dispute.lossB, 3),
        ]
      }, textColumns: [0, 3, 4])
  }

  // MARK: Examples

  private mutating func addExamples() {
    guard let examples = report.examples, !examples.most.isEmpty else { return }
    addHead("Examples to read")
    addNote("The records with the highest and with the lowest scores, one of a group.")
    body += "<div class=\"columns\">\n"
    for (title, list) in [("Most fitting", examples.most), ("Least fitting", examples.least)] {
      body += "<section>\n<h3>\(title)</h3>\n"
      for example in list { addExample(example) }
      body += "</section>\n"
    }
    body += "</div>\n"
  }

  private mutating func addExample(_ example: ExampleRecord) {
    let places = report.score.map(HTMLPage.places) ?? 3
    body += "<article>\n<header><strong>\(Markup.escaped(PlotScale.label(example.score, places)))</strong> "
    if example.source != "(none)" { body += "<bdi>\(Markup.escaped(example.source))</bdi>" }
    if let tokens = example.tokens { body += " <span>\(grouped(tokens)) tokens</span>" }
    body += "</header>\n"
    if !example.prompt.isEmpty {
      body += "<div class=\"prompt\" dir=\"auto\" tabindex=\"0\">\(Markup.escaped(example.prompt))</div>\n"
    }
    body += "<div class=\"response\" dir=\"auto\" tabindex=\"0\">\(Markup.escaped(example.response))</div>\n"
    body += "</article>\n"
  }

  private static let css: StaticString = """
    :root{color-scheme:light dark}
    body{margin:0;background:#fff;color:#1b1f24;
    font:15px/1.5 system-ui,-apple-system,"Segoe UI","Helvetica Neue",Arial,sans-serif}
    main{max-width:960px;margin:0 auto;padding:28px 20px 60px}
    h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}
    h2{font-size:19px;margin:40px 0 10px}
    h3{font-size:15px;margin:20px 0 8px}
    .sub,.note,header span{color:#57606a}
    .sub{margin:6px 0 18px}
    .note{margin:8px 0;font-size:14px;overflow-wrap:anywhere}
    figure{margin:0;overflow-x:auto}
    figure svg{display:block;width:100%;min-width:720px;height:auto}
    .wide{overflow-x:auto}
    table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
    th,td{padding:5px 8px;text-align:right;white-space:nowrap;border-bottom:1px solid #e6e9ed;font-weight:400}
    th.text,td.text{text-align:left;max-width:18em;overflow:hidden;text-overflow:ellipsis}
    thead th{white-space:normal;color:#57606a;border-bottom:1.5px solid #8c959f;vertical-align:bottom}
    summary{cursor:pointer;color:#57606a;margin:8px 0;font-size:14px}
    .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:0 28px}
    section{min-width:0}
    article{border:1px solid #d5dae0;border-radius:6px;margin:0 0 14px;overflow:hidden}
    article header{padding:7px 12px;font-size:13.5px;border-bottom:1px solid #d5dae0;overflow-wrap:anywhere}
    header strong{font-variant-numeric:tabular-nums;margin-right:8px}
    header span{margin-left:6px}
    .prompt,.response{padding:9px 12px;white-space:pre-wrap;overflow-wrap:anywhere;overflow:auto;
    max-height:15em;font-size:14px}
    .prompt{background:#f5f7f9;color:#57606a;max-height:7.5em}
    @media (prefers-color-scheme:dark){
    body{background:#0f1419;color:#e6edf3}
    .sub,.note,header span,thead th{white-space:normal;color:#9ea7b3}
    th,td{border-color:#252c35}
    thead th{border-color:#6b7683}
    article,article header{border-color:#333c47}
    .prompt{background:#171e26;color:#b3bcc6}
    }
    """
}

extension Report {
  /// The report as an HTML page.
  package var html: String { HTMLPage(self).text }
}
