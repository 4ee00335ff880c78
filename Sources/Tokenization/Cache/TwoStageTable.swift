/// A value for every code point as two tables: the value of c is `values[blocks[c >> 8] << 8 | c & 255]`.
/// The first block comes first, so code points below 256 can be looked up in `values` directly.
///
/// The argument has where each run of equal values begins; the first run begins at 0.
func twoStageTable<Value: Hashable>(
  _ runs: [(first: UInt32, value: Value)]
) -> (blocks: [UInt16], values: [Value]) {
  var blocks: [UInt16] = []
  var values: [Value] = []
  // Blocks by the runs in them, as offsets within the block.
  var known: [[Run<Value>]: UInt16] = [:]
  var current = 0
  for start in stride(from: 0, through: CodePointSet.maximum, by: 256) {
    var block = [Run(offset: 0, value: runs[current].value)]
    while current + 1 < runs.count, runs[current + 1].first < start + 256 {
      current += 1
      let run = Run(offset: UInt8(runs[current].first - start), value: runs[current].value)
      if run.offset == 0 { block = [run] } else { block.append(run) }
    }
    if let number = known[block] {
      blocks.append(number)
      continue
    }
    let number = UInt16(values.count / 256)
    known[block] = number
    blocks.append(number)
    for (index, run) in block.enumerated() {
      let end = index + 1 < block.count ? Int(block[index + 1].offset) : 256
      values += repeatElement(run.value, count: end - Int(run.offset))
    }
  }
  return (blocks, values)
}

private struct Run<Value: Hashable>: Hashable {
  var offset: UInt8
  var value: Value
}
