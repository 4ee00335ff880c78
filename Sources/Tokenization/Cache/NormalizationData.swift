/// The tables of `NormalizationTable`, built from the Unicode data.
struct NormalizationData {
  let blocks: [UInt16]
  let properties: [UInt16]
  let decompositions: [UInt32]
  let compatible: [UInt32]
  let decomposed: [UInt32]
  let compositions: [UInt32]

  init() {
    var single: [UInt32: [UInt32]] = [:]
    for index in stride(from: 0, to: UnicodeData.composites.count, by: 3) {
      single[UnicodeData.composites[index]] = Array(UnicodeData.composites[index + 1...index + 2])
    }
    var changing = Hangul.composingJamo
    changing += stride(from: 2, to: UnicodeData.composites.count, by: 3).map { UnicodeData.composites[$0] }
    for index in stride(from: 0, to: UnicodeData.decompositions.count, by: 3) {
      let code = UnicodeData.decompositions[index]
      single[code] = UnicodeData.decompositions[index + 1...index + 2].filter { $0 != 0 }
      changing.append(code)
    }

    /// The decomposition carried on to the end.
    func full(_ code: UInt32) -> [UInt32] { single[code]?.flatMap(full) ?? [code] }

    var decompositions: [UInt32] = []
    var decomposed: [UInt32] = []
    for code in single.keys.sorted() {
      let parts = full(code)
      decompositions += [code, UInt32(decomposed.count), UInt32(parts.count)]
      decomposed += parts
    }
    var compatible: [UInt32] = []
    var compatibleCodes: [UInt32] = []
    var index = 0
    while index < UnicodeData.compatibilityDecompositions.count {
      let length = UnicodeData.compatibilityDecompositions[index + 1]
      compatibleCodes.append(UnicodeData.compatibilityDecompositions[index])
      compatible += [UnicodeData.compatibilityDecompositions[index], UInt32(decomposed.count), length]
      decomposed += UnicodeData.compatibilityDecompositions[index + 2..<index + 2 + Int(length)]
      index += 2 + Int(length)
    }
    self.decompositions = decompositions
    self.compatible = compatible
    self.decomposed = decomposed

    let pairs = stride(from: 0, to: UnicodeData.composites.count, by: 3).map {
      (
        first: UnicodeData.composites[$0 + 1], second: UnicodeData.composites[$0 + 2],
        code: UnicodeData.composites[$0]
      )
    }
    compositions = pairs.sorted { ($0.first, $0.second) < ($1.first, $1.second) }.flatMap {
      [$0.first, $0.second, $0.code]
    }

    var values: [UInt32: UInt16] = [:]
    for index in stride(from: 0, to: UnicodeData.combiningClasses.count, by: 3) {
      for code in UnicodeData.combiningClasses[index]...UnicodeData.combiningClasses[index + 1] {
        values[code] = UInt16(UnicodeData.combiningClasses[index + 2])
      }
    }
    for code in changing { values[code, default: 0] |= NormalizationTable.Properties.mayChangeFlag }
    for code in single.keys { values[code, default: 0] |= NormalizationTable.Properties.decomposesFlag }
    for code in compatibleCodes {
      values[code, default: 0] |= NormalizationTable.Properties.decomposesCompatiblyFlag
    }
    var runs: [(first: UInt32, value: UInt16)] = [(0, 0)]
    for code in values.keys.sorted() {
      if runs.last?.first == code { runs.removeLast() }
      runs.append((code, values[code] ?? 0))
      runs.append((code + 1, 0))
    }
    (blocks, properties) = twoStageTable(runs)
  }
}
