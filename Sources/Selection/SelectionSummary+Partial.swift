import Records
import Streams

// A partial summary is JSON Lines, so that partial summaries of shards can be concatenated. Its first line
// holds everything but the lists that grow with the input; those follow, up to 1,000 elements to a line:
//
//     {"grape-stats":3,"paths":["grape.group","grape.score","source","first 32"],
//      "records":2,"bad":0,"ungrouped":0,
//      "lists":{"sample":2,"groups":1,"compared":0,"comparedSample":0,"examples":2},"score":{…},"length":{…},
//      "pairs":{…},"comparedPairs":null,"models":[["m@1",null]],"sources":[{…},…]}
//     {"sample":[[hash,score,length],…]}
//     {"groups":[[hash,candidates,scored,best,second,bestLength,longest,shortest,bestSource,
//      pickIsLongest,pickIsShortest,[source,…],[[best,length,isPick,isComplete],… or nothing]],…]}
//     {"compared":[[hash,key,candidates,picksAgree,[a,b],[a,b],sourceA,sourceB,[[hash,a,b],…]],…]}
//     {"comparedSample":[[hash,a,b],…]}
//     {"examples":[[isMost,score,hash,source,tokens,prompt,response],…]}
//
// Exact sums are written by their digits, hashes in hexadecimal, a source as its place
// in the first line's list.

extension SelectionSummary {
  static let partialVersion = 3
  private static let elementsPerLine = 1000

  /// The lists of a partial summary, in the order in which they are written.
  enum PartialList: String, CaseIterable {
    case sample, groups, compared, comparedSample, examples
  }

  /// Writes the summary as a partial one.
  ///
  /// - Parameter line: called with each line, without its end.
  /// - Throws: what `line` throws.
  package func writePartial(_ line: (UnsafeRawBufferPointer) throws -> Void) throws {
    var writer = JSONWriter()
    func finishLine() throws {
      try line(writer.bytes.raw)
      writer.bytes.removeAll()
    }
    func writeList(_ list: PartialList, count: Int, _ write: (Int, inout JSONWriter) -> Void) throws {
      for start in stride(from: 0, to: count, by: SelectionSummary.elementsPerLine) {
        writer.beginObject()
        writer.name(list.rawValue)
        writer.beginArray()
        for place in start..<min(start + SelectionSummary.elementsPerLine, count) { write(place, &writer) }
        writer.endArray()
        writer.endObject()
        try finishLine()
      }
    }
    let sample = sample.pairs
    let comparedSample = comparison?.sample.pairs ?? []
    let compared = comparison?.groups.count ?? 0
    let examples = (examples?.most ?? []).map { ($0, true) } + (examples?.least ?? []).map { ($0, false) }
    let counts = [sample.count, groups.count, compared, comparedSample.count, examples.count]
    writeHead(counts: counts, to: &writer)
    try finishLine()
    try writeList(.sample, count: sample.count) { $1.pair(sample[$0]) }
    try writeList(.groups, count: groups.count) { writeGroup(at: $0, to: &$1) }
    if let comparison {
      try writeList(.compared, count: compared) { comparison.writeGroup(at: $0, to: &$1) }
    }
    try writeList(.comparedSample, count: comparedSample.count) { $1.pair(comparedSample[$0]) }
    try writeList(.examples, count: examples.count) { $1.example(examples[$0].0, isMost: examples[$0].1) }
  }

  private func writeHead(counts: [Int], to writer: inout JSONWriter) {
    func member(_ name: StaticString, _ value: Int) {
      writer.name(name)
      writer.int(value)
    }
    writer.beginObject()
    member("grape-stats", SelectionSummary.partialVersion)
    writer.name("paths")
    writer.beginArray()
    for path in paths.names { writer.string(path) }
    writer.endArray()
    member("records", records)
    member("bad", badRecords)
    member("ungrouped", ungrouped)
    writer.name("lists")
    writer.beginObject()
    for (list, count) in zip(PartialList.allCases, counts) {
      writer.name(list.rawValue)
      writer.int(count)
    }
    writer.endObject()
    writer.name("score")
    writer.distribution(scores, sum: scoreSum)
    writer.name("length")
    writer.distribution(lengths, sum: lengthSum)
    writer.name("pairs")
    writer.pairSums(pairSums)
    writer.name("comparedPairs")
    if let comparison { writer.pairSums(comparison.pairSums) } else { writer.null() }
    writer.name("models")
    writer.beginArray()
    for identity in identities.list {
      writer.beginArray()
      writer.optional(identity.model)
      writer.optional(identity.tokenizer)
      writer.endArray()
    }
    writer.endArray()
    writer.name("sources")
    writer.beginArray()
    for (name, tally) in zip(sources.names, sources.tallies) {
      writer.beginObject()
      writer.name("name")
      writer.string(name)
      member("records", tally.records)
      member("measured", tally.measured)
      member("tokens", tally.tokens)
      writer.name("score")
      writer.distribution(tally.scores, sum: tally.score)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  private func writeGroup(at place: Int, to writer: inout JSONWriter) {
    let tally = groups.entries[place].tally
    writer.beginArray()
    writer.groupHash(groups.entries[place].hash)
    writer.int(Int(tally.candidates))
    writer.int(Int(tally.scored))
    writer.double(tally.best)
    writer.double(tally.second)
    writer.int(Int(tally.bestLength))
    writer.int(Int(tally.longest))
    writer.int(Int(tally.shortest))
    writer.int(Int(tally.bestSource))
    writer.bool(tally.pickIsLongest)
    writer.bool(tally.pickIsShortest)
    writer.integers(groups.sources(at: place))
    writer.beginArray()
    if !groups.rulePicks.isEmpty {
      let picks = groups.rulePicks[place]
      for pick in [picks.mean, picks.sum, picks.first] {
        writer.beginArray()
        writer.double(pick.best)
        writer.int(Int(pick.length))
        writer.bool(pick.isPick)
        writer.bool(pick.isComplete)
        writer.endArray()
      }
    }
    writer.endArray()
    writer.endArray()
  }
}

extension ScorerComparison {
  fileprivate func writeGroup(at place: Int, to writer: inout JSONWriter) {
    let tally = groups[place].tally
    writer.beginArray()
    writer.groupHash(groups[place].hash)
    writer.string(Array(key(at: place)))
    writer.int(tally.candidates)
    writer.bool(tally.picksAgree)
    for scores in [tally.ofPickA, tally.ofPickB] {
      writer.beginArray()
      writer.double(scores.a)
      writer.double(scores.b)
      writer.endArray()
    }
    writer.int(Int(tally.sourceA))
    writer.int(Int(tally.sourceB))
    writer.beginArray()
    for pair in pairs(at: place) {
      writer.beginArray()
      writer.string(hex(pair.hash, digits: 16))
      writer.double(pair.a)
      writer.double(pair.b)
      writer.endArray()
    }
    writer.endArray()
    writer.endArray()
  }
}

extension JSONWriter {
  fileprivate mutating func optional(_ text: String?) {
    if let text { string(text) } else { null() }
  }

  fileprivate mutating func groupHash(_ hash: GroupHash) {
    string(hex(hash.high, digits: 16) + hex(hash.low, digits: 16))
  }

  fileprivate mutating func pair(_ pair: PairSample.Pair) {
    beginArray()
    string(hex(pair.hash, digits: 16))
    double(pair.x)
    double(pair.y)
    endArray()
  }

  fileprivate mutating func example(_ example: ExampleRecord, isMost: Bool) {
    beginArray()
    bool(isMost)
    double(example.score)
    if let group = example.group { groupHash(group) } else { null() }
    string(example.source)
    if let tokens = example.tokens { int(tokens) } else { null() }
    string(example.prompt)
    string(example.response)
    endArray()
  }

  fileprivate mutating func pairSums(_ pairSums: PairSums) {
    beginObject()
    name("count")
    int(pairSums.count)
    name("sums")
    beginArray()
    for sum in pairSums.sums { integers(sum.parts) }
    endArray()
    endObject()
  }

  fileprivate mutating func distribution(_ histogram: Histogram, sum: ExactSum) {
    beginObject()
    name("minimum")
    double(histogram.minimum)
    name("maximum")
    double(histogram.maximum)
    name("sum")
    integers(sum.parts)
    name("counts")
    beginArray()
    for (number, count) in histogram.entries {
      beginArray()
      double(number)
      int(count)
      endArray()
    }
    endArray()
    endObject()
  }
}
