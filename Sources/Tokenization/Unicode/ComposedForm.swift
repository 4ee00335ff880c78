import Streams

/// Puts texts into Normalization Form C (Unicode Standard Annex 15), apart from any tokenizer.
package final class ComposedForm {
  private let numbers: UnsafeMutableBufferPointer<UInt32>
  private let halves: UnsafeMutableBufferPointer<UInt16>
  private var form: FormNormalizer
  private var text = AlignedText()

  /// Builds the tables: some milliseconds. nil is for damaged Unicode data only.
  package init?() {
    let data = NormalizationData()
    var starts: [Int] = []
    var all: [UInt32] = []
    for list in [data.decompositions, data.compatible, data.decomposed, data.compositions] {
      starts.append(all.count)
      all += list
    }
    starts.append(all.count)
    numbers = .allocate(capacity: all.count)
    _ = numbers.initialize(from: all)
    halves = .allocate(capacity: data.blocks.count + data.properties.count)
    _ = halves.initialize(from: data.blocks + data.properties)
    let lists = (0..<4).map { [numbers] in
      UnsafeBufferPointer(rebasing: numbers[starts[$0]..<starts[$0 + 1]])
    }
    let table = NormalizationTable(
      blocks: UnsafeBufferPointer(rebasing: halves[..<data.blocks.count]),
      properties: UnsafeBufferPointer(rebasing: halves[data.blocks.count...]), decompositions: lists[0],
      compatible: lists[1], decomposed: lists[2], compositions: lists[3])
    guard let table else {
      numbers.deallocate()
      halves.deallocate()
      return nil
    }
    form = FormNormalizer(table)
  }

  deinit {
    numbers.deallocate()
    halves.deallocate()
  }

  /// Appends what becomes of a text, which is well-formed UTF-8.
  package func append(_ utf8: UnsafeRawBufferPointer, to bytes: inout ByteBuffer) {
    guard let base = utf8.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    guard !form.isComposed(base, count: utf8.count) else { return bytes.append(utf8) }
    text.set(base, count: utf8.count, offset: 0)
    form.normalize(&text, to: .nfc)
    bytes.append(text.bytes)
  }
}
