import Records

extension Report {
  /// The report for programs: one JSON object.
  package var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    member("records", records, &writer)
    member("bad", badRecords, &writer)
    member("scored", score?.count ?? 0, &writer)
    member("ungrouped", ungrouped, &writer)
    writer.name("models")
    writer.beginArray()
    for identity in identities {
      writer.beginObject()
      member("model", identity.model, &writer)
      member("tokenizer", identity.tokenizer, &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.name("groups")
    writer.beginObject()
    member("count", groups, &writer)
    writer.name("sizes")
    writer.beginArray()
    for (candidates, groups) in groupSizes { writer.integers([candidates, groups]) }
    writer.endArray()
    writer.endObject()
    write("score", score, &writer)
    member("perplexity", perplexity, &writer)
    write("tokens", tokens, &writer)
    write("margin", margin, &writer)
    writer.name("sources")
    writer.beginArray()
    for row in sources { write(row, &writer) }
    writer.endArray()
    writeChoices(&writer)
    writer.name("correlation")
    writer.beginObject()
    member("records", paired, &writer)
    member("pearson", pearson, &writer)
    member("spearman", spearman, &writer)
    member("sampled", sampled, &writer)
    writer.endObject()
    writer.endObject()
    return writer.bytes
  }

  private func member(_ name: StaticString, _ value: Int, _ writer: inout JSONWriter) {
    writer.name(name)
    writer.int(value)
  }

  private func member(_ name: StaticString, _ value: String?, _ writer: inout JSONWriter) {
    writer.name(name)
    if let value { writer.string(value) } else { writer.null() }
  }

  private func member(_ name: StaticString, _ value: Double?, _ writer: inout JSONWriter) {
    writer.name(name)
    if let value { writer.double(value) } else { writer.null() }
  }

  private func write(_ name: StaticString, _ distribution: Distribution?, _ writer: inout JSONWriter) {
    writer.name(name)
    guard let distribution else { return writer.null() }
    writer.beginObject()
    member("count", distribution.count, &writer)
    member("mean", distribution.mean, &writer)
    member("minimum", distribution.minimum, &writer)
    let names: [StaticString] = ["p5", "p25", "median", "p75", "p95"]
    for (name, value) in zip(names, distribution.quantiles) { member(name, value, &writer) }
    member("maximum", distribution.maximum, &writer)
    writer.name("histogram")
    if let chart = distribution.chart {
      writer.beginObject()
      member("start", chart.start, &writer)
      member("step", chart.step, &writer)
      writer.name("counts")
      writer.integers(chart.counts)
      member("below", chart.below, &writer)
      member("above", chart.above, &writer)
      writer.endObject()
    } else {
      writer.null()
    }
    writer.endObject()
  }

  private func write(_ row: SourceRow, _ writer: inout JSONWriter) {
    writer.beginObject()
    writer.name("source")
    writer.string(row.name)
    member("records", row.records, &writer)
    member("share", row.share, &writer)
    member("meanTokens", row.meanTokens, &writer)
    member("meanScore", row.meanScore, &writer)
    member("picks", row.picks, &writer)
    member("groups", row.groups, &writer)
    member("wins", row.wins, &writer)
    member("winRate", row.winRate, &writer)
    writer.endObject()
  }

  private func writeChoices(_ writer: inout JSONWriter) {
    writer.name("picks")
    writer.beginObject()
    member("meanScore", pickScore, &writer)
    member("comparedGroups", choices.groups, &writer)
    member("agreeWithRandom", choices.groups > 0 ? choices.random : nil, &writer)
    let measured = choices.measured > 0 ? Double(choices.measured) : nil
    member("measuredGroups", choices.measured, &writer)
    member("agreeWithLongest", measured.map { Double(choices.longest) / $0 }, &writer)
    member("agreeWithShortest", measured.map { Double(choices.shortest) / $0 }, &writer)
    member("meanTokens", measured.map { _ in choices.pickTokens }, &writer)
    writer.endObject()
  }
}
