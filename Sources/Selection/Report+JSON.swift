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
    if let agreement { write(agreement, &writer) }
    writer.endObject()
    return Array(writer.bytes.raw)
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
    member("relativeError", distribution.histogram.statedError, &writer)
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
    writeQuantiles(row.scores, &writer)
    member("picks", row.picks, &writer)
    member("groups", row.groups, &writer)
    member("wins", row.wins, &writer)
    member("winRate", row.winRate, &writer)
    member("winRateLow", row.winInterval?.low, &writer)
    member("winRateHigh", row.winInterval?.high, &writer)
    writer.endObject()
  }

  /// The least score, the quantiles and the greatest.
  private func writeQuantiles(_ histogram: Histogram, _ writer: inout JSONWriter) {
    writer.name("scores")
    guard let quantiles = histogram.quantiles([0] + Report.fractions + [1]) else { return writer.null() }
    writer.beginObject()
    let names: [StaticString] = ["minimum", "p5", "p25", "median", "p75", "p95", "maximum"]
    for (name, value) in zip(names, quantiles) { member(name, value, &writer) }
    member("relativeError", histogram.statedError, &writer)
    writer.endObject()
  }

  private func writeChoices(_ writer: inout JSONWriter) {
    writer.name("picks")
    writer.beginObject()
    member("meanScore", pickScores?.mean, &writer)
    write("score", pickScores, &writer)
    write("tokens", pickTokens, &writer)
    member("comparedGroups", choices.groups, &writer)
    member("agreeWithRandom", choices.groups > 0 ? choices.random : nil, &writer)
    let measured = choices.measured > 0 ? Double(choices.measured) : nil
    member("measuredGroups", choices.measured, &writer)
    member("agreeWithLongest", measured.map { Double(choices.longest) / $0 }, &writer)
    member("agreeWithShortest", measured.map { Double(choices.shortest) / $0 }, &writer)
    member("meanTokens", measured.map { _ in choices.pickTokens }, &writer)
    writer.name("rules")
    writer.beginArray()
    for rule in rules {
      writer.beginObject()
      member("rule", rule.kind.name, &writer)
      if case .first(let tokens) = rule.kind { member("firstTokens", tokens, &writer) }
      member("groups", rule.groups, &writer)
      member("agreement", rule.agreement, &writer)
      member("meanTokens", rule.meanTokens, &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  private func write(_ agreement: Agreement, _ writer: inout JSONWriter) {
    writer.name("compare")
    writer.beginObject()
    member("a", agreement.pathA, &writer)
    member("b", agreement.pathB, &writer)
    member("records", agreement.records, &writer)
    member("pearson", agreement.pearson, &writer)
    member("spearman", agreement.spearman, &writer)
    member("sampled", agreement.sampled, &writer)
    member("groups", agreement.groups, &writer)
    let groups = agreement.groups > 0 ? Double(agreement.groups) : nil
    member("agreement", groups.map { Double(agreement.agreeing) / $0 }, &writer)
    member("agreementOfRandom", groups.map { _ in agreement.random }, &writer)
    member("meanLossA", agreement.lossA, &writer)
    member("meanLossB", agreement.lossB, &writer)
    write("kendallTau", agreement.tau, &writer)
    member("opposedGroups", agreement.opposed, &writer)
    member("sampledGroups", agreement.sampledGroups, &writer)
    writer.name("sources")
    writer.beginArray()
    for row in agreement.sources {
      writer.beginObject()
      writer.name("source")
      writer.string(row.name)
      member("picksA", row.picksA, &writer)
      member("picksB", row.picksB, &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.name("disputes")
    writer.beginArray()
    for dispute in agreement.disputes {
      writer.beginObject()
      member("group", dispute.key, &writer)
      member("candidates", dispute.candidates, &writer)
      member("kendallTau", dispute.tau, &writer)
      member("sourceA", dispute.sourceA, &writer)
      member("sourceB", dispute.sourceB, &writer)
      member("lossA", dispute.lossA, &writer)
      member("lossB", dispute.lossB, &writer)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }
}
