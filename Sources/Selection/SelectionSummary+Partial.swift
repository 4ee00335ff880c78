import Records
import Streams

// A partial summary is JSON Lines, so that partial summaries of shards can be concatenated. Its first line holds
// everything but the groups and the sample; those follow, up to 1,000 to a line:
//
//     {"grape-stats":1,"paths":["grape.group","grape.score","source"],"records":2,"bad":0,"ungrouped":0,
//      "groups":1,"sample":2,"score":{…},"length":{…},"pairs":{…},"models":[["m@1",null]],"sources":[{…},…]}
//     {"sample":[[hash,score,length],…]}
//     {"groups":[[hash,candidates,scored,best,second,bestLength,longest,shortest,bestSource,
//      pickIsLongest,pickIsShortest,[source,…]],…]}
//
// Exact sums are written by their digits, hashes in hexadecimal, a source as its place in the first line's list.

extension SelectionSummary {
  static let partialVersion = 1
  private static let elementsPerLine = 1000

  /// Writes the summary as a partial one.
  ///
  /// - Parameter line: called with each line, without its end.
  /// - Throws: what `line` throws.
  package func writePartial(_ line: (UnsafeRawBufferPointer) throws -> Void) throws {
    var writer = JSONWriter()
    func finishLine() throws {
      try writer.bytes.withUnsafeBytes(line)
      writer.bytes.removeAll(keepingCapacity: true)
    }
    let sample = sample.pairs
    writeHead(samples: sample.count, to: &writer)
    try finishLine()
    for start in stride(from: 0, to: sample.count, by: SelectionSummary.elementsPerLine) {
      writer.beginObject()
      writer.name("sample")
      writer.beginArray()
      for pair in sample[start..<min(start + SelectionSummary.elementsPerLine, sample.count)] {
        writer.beginArray()
        writer.string(hex(pair.hash, digits: 16))
        writer.double(pair.x)
        writer.double(pair.y)
        writer.endArray()
      }
      writer.endArray()
      writer.endObject()
      try finishLine()
    }
    for start in stride(from: 0, to: groups.count, by: SelectionSummary.elementsPerLine) {
      writer.beginObject()
      writer.name("groups")
      writer.beginArray()
      for place in start..<min(start + SelectionSummary.elementsPerLine, groups.count) {
        writeGroup(at: place, to: &writer)
      }
      writer.endArray()
      writer.endObject()
      try finishLine()
    }
  }

  private func writeHead(samples: Int, to writer: inout JSONWriter) {
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
    member("groups", groups.count)
    member("sample", samples)
    writer.name("score")
    write(scores, sum: scoreSum, to: &writer)
    writer.name("length")
    write(lengths, sum: lengthSum, to: &writer)
    writer.name("pairs")
    writer.beginObject()
    member("count", pairSums.count)
    writer.name("sums")
    writer.beginArray()
    for sum in pairSums.sums { writer.integers(sum.parts) }
    writer.endArray()
    writer.endObject()
    writer.name("models")
    writer.beginArray()
    for identity in identities.list {
      writer.beginArray()
      write(identity.model, to: &writer)
      write(identity.tokenizer, to: &writer)
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
      member("scored", tally.scored)
      member("measured", tally.measured)
      member("tokens", tally.tokens)
      writer.name("score")
      writer.integers(tally.score.parts)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
  }

  private func write(_ name: String?, to writer: inout JSONWriter) {
    if let name { writer.string(name) } else { writer.null() }
  }

  private func write(_ histogram: Histogram, sum: ExactSum, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.name("minimum")
    writer.double(histogram.minimum)
    writer.name("maximum")
    writer.double(histogram.maximum)
    writer.name("sum")
    writer.integers(sum.parts)
    writer.name("counts")
    writer.beginArray()
    for (number, count) in histogram.entries {
      writer.beginArray()
      writer.double(number)
      writer.int(count)
      writer.endArray()
    }
    writer.endArray()
    writer.endObject()
  }

  private func writeGroup(at place: Int, to writer: inout JSONWriter) {
    let hash = groups.entries[place].hash
    let tally = groups.entries[place].tally
    writer.beginArray()
    writer.string(hex(hash.high, digits: 16) + hex(hash.low, digits: 16))
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
    writer.endArray()
  }
}
