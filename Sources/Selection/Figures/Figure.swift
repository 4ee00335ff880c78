import Streams

/// The report as one picture: scores by source, win rates, score against length, margins.
///
/// What the input does not tell has no panel. The picture is one SVG element without scripts, fonts
/// or anything else from outside.
struct Figure {
  let report: Report
  /// The sources drawn: those with the most records.
  let shown: [Report.SourceRow]
  let hidden: Int

  static let width = 960.0
  static let margin = 28.0
  private static let sourceLimit = 12

  init(_ report: Report) {
    self.report = report
    let (shown, rest) = report.mainSources(Figure.sourceLimit)
    (self.shown, hidden) = (shown, rest.count)
  }

  /// The element, with its style.
  ///
  /// - Parameter isDocument: as a file of its own, which begins with the title; on a page, that stands above.
  func svg(isDocument: Bool) -> String {
    var body = SVG()
    var bottom = 84.0
    if let score = report.score {
      let rows = ScorePanel(self, score)
      rows?.draw(&body, top: bottom)
      bottom += rows?.height ?? 0
      let scatter = report.sample.count >= 3
      let density = scatter ? DensityPanel(self, top: bottom) : nil
      let columns = report.margin.flatMap { ColumnPanel(margins: $0, unit: unit) }
      let isWide = density == nil || columns == nil
      density?.draw(&body, right: isWide ? Figure.width - Figure.margin : 472)
      columns?.draw(&body, left: isWide ? 84 : 566, top: bottom)
      if density != nil || columns != nil { bottom += 340 }
    } else if let tokens = report.tokens, let columns = ColumnPanel(lengths: tokens) {
      columns.draw(&body, left: 84, top: bottom)
      bottom += 340
    }
    if bottom < 100 {
      body.text("Nothing to draw: " + reasonForNothing, Figure.margin, bottom + 8, "sub")
      bottom += 28
    }
    return frame(body, height: bottom + 12, isDocument: isDocument)
  }

  /// Why there is no panel.
  private var reasonForNothing: String {
    guard let score = report.score else {
      return report.tokens != nil ? "all lengths are the same." : "there are no records."
    }
    if score.minimum == score.maximum { return "all scores are the same." }
    let isFinite = (score.maximum - score.minimum).isFinite
    return isFinite ? "the scores hardly differ." : "the scores lie too far apart."
  }

  /// What scores are measured in, in parentheses behind a label.
  var unit: String { report.scoreIsLogprob ? " (nats per token)" : "" }

  var scoreName: String { report.scorePath == "grape.score" ? "score" : report.scorePath }

  private func frame(_ content: SVG, height: Double, isDocument: Bool) -> String {
    var body = SVG()
    let start = isDocument ? 0.0 : 66
    body.rectangle(0, start, Figure.width, height - start, "paper")
    if isDocument {
      let room = Figure.width - 2 * Figure.margin
      body.text(TextMetrics.fitted(title, width: room, size: 18), Figure.margin, 38, "title")
      body.text(TextMetrics.fitted(subtitle, width: room, size: 12), Figure.margin, 59, "sub")
    }
    let side = isDocument ? 0 : Figure.margin - 10
    let (w, h) = (SVG.number(Figure.width - 2 * side), SVG.number(height - start))
    let name = isDocument ? " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(w)\" height=\"\(h)\"" : ""
    return """
      <svg\(name) class="g-figure" viewBox="\(SVG.number(side)) \(SVG.number(start)) \(w) \(h)" role="img" \
      aria-labelledby="g-title g-desc">
      <title id="g-title">\(Markup.escaped(title))</title>
      <desc id="g-desc">\(Markup.escaped(description))</desc>
      <style>
      \(FigureStyle.css)
      </style>
      \(body.body)\(content.body)</svg>

      """
  }

  var title: String {
    let records = grouped(report.records) + (report.records == 1 ? " response" : " responses")
    guard report.score != nil else { return "Lengths of \(records)" }
    let models = report.identities.compactMap(\.model)
    switch models.count {
    case 0: return "Fit of \(records)"
    case 1: return "Fit of \(records) to \(models[0])"
    default: return "Fit of \(records) to \(models.count) models, which do not compare"
    }
  }

  var subtitle: String {
    var parts: [String] = []
    if report.groups > 0 {
      parts.append(grouped(report.groups) + (report.groups == 1 ? " instruction" : " instructions"))
      if let size = report.groupSize, size.maximum > 1 {
        let isEven = size.minimum == size.maximum
        let mean = Numerals.fixed(size.mean, isEven ? 0 : 1)
        parts.append("\(mean) candidates each" + (isEven ? "" : " on average"))
      }
    }
    if report.score != nil, report.groups > 0 { parts.append("the pick of each is its highest score") }
    if report.badRecords > 0 { parts.append("\(grouped(report.badRecords)) bad records left out") }
    return parts.joined(separator: "; ")
  }

  /// The picture in words, for those who do not see it.
  private var description: String {
    var sentences = [subtitle + "."]
    if let score = report.score {
      sentences.append(
        "The median score is \(Numerals.short(score.median, 3)), and half of them lie between "
          + "\(Numerals.short(score.quantiles[1], 3)) and \(Numerals.short(score.quantiles[3], 3)).")
    }
    if let picks = report.pickScores {
      sentences.append("The median score of the picks is \(Numerals.short(picks.median, 3)).")
    }
    let winners = shown.filter { $0.winRate != nil }.prefix(12)
    if !winners.isEmpty {
      let rates = winners.map { "\($0.name) \(Numerals.percent($0.winRate ?? 0))" }
      sentences.append("Win rates by source: " + rates.joined(separator: ", ") + ".")
    }
    if let pearson = report.pearson {
      sentences.append("Pearson's correlation of score and length is \(Numerals.fixed(pearson, 2)).")
    }
    if let margin = report.margin {
      sentences.append("The median margin of a pick over the second is \(Numerals.short(margin.median, 3)).")
    }
    return sentences.joined(separator: " ")
  }
}

extension Report {
  /// The report as a picture, a file of its own.
  package var svg: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + Figure(self).svg(isDocument: true)
  }
}
