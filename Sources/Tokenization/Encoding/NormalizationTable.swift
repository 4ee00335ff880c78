/// Decomposition and composition (Unicode Standard Annex 15), as the reference has them.
struct NormalizationTable {
  private let blocks: UnsafeBufferPointer<UInt16>
  private let properties: UnsafeBufferPointer<UInt16>
  private let decompositions: UnsafeBufferPointer<UInt32>
  private let compatible: UnsafeBufferPointer<UInt32>
  private let decomposed: UnsafeBufferPointer<UInt32>
  private let compositions: UnsafeBufferPointer<UInt32>

  /// What normalization needs to know of a character.
  struct Properties {
    let rawValue: UInt16

    /// Its canonical combining class.
    var combiningClass: UInt8 { UInt8(truncatingIfNeeded: rawValue) }
    /// NFC may change it, or what is before it: its NFC_Quick_Check is not Yes.
    var mayChange: Bool { rawValue & Self.mayChangeFlag != 0 }
    /// It has a canonical decomposition in the table; Hangul syllables have theirs by rule.
    var decomposes: Bool { rawValue & Self.decomposesFlag != 0 }
    /// It has a compatibility decomposition other than its canonical one.
    var decomposesCompatibly: Bool { rawValue & Self.decomposesCompatiblyFlag != 0 }

    static let mayChangeFlag: UInt16 = 0x100
    static let decomposesFlag: UInt16 = 0x200
    static let decomposesCompatiblyFlag: UInt16 = 0x400
  }

  /// nil when some number leads outside.
  init?(
    blocks: UnsafeBufferPointer<UInt16>, properties: UnsafeBufferPointer<UInt16>,
    decompositions: UnsafeBufferPointer<UInt32>, compatible: UnsafeBufferPointer<UInt32>,
    decomposed: UnsafeBufferPointer<UInt32>, compositions: UnsafeBufferPointer<UInt32>
  ) {
    guard blocks.count == 0x1100, blocks.allSatisfy({ Int($0) * 256 + 256 <= properties.count }),
      decompositions.count.isMultiple(of: 3), compatible.count.isMultiple(of: 3),
      compositions.count.isMultiple(of: 3),
      decomposed.allSatisfy({ $0 <= CodePointSet.maximum }),
      compositions.allSatisfy({ $0 <= CodePointSet.maximum })
    else { return nil }
    for list in [decompositions, compatible] {
      for index in stride(from: 0, to: list.count, by: 3) {
        guard (1...Self.longestDecomposition).contains(Int(list[index + 2])),
          Int(list[index + 1]) + Int(list[index + 2]) <= decomposed.count
        else { return nil }
      }
    }
    self.blocks = blocks
    self.properties = properties
    self.decompositions = decompositions
    self.compatible = compatible
    self.decomposed = decomposed
    self.compositions = compositions
  }

  /// Characters that one decomposes to at most.
  static let longestDecomposition = 18

  @inline(__always)
  subscript(code: UInt32) -> Properties {
    Properties(rawValue: properties[Int(blocks[Int(code >> 8)]) << 8 | Int(code & 0xFF)])
  }

  /// The full canonical decomposition of a character, or its compatibility decomposition where that is
  /// another; empty for one that has none.
  func decomposition(of code: UInt32, compatibly: Bool) -> UnsafeBufferPointer<UInt32>.SubSequence {
    let list = compatibly ? compatible : decompositions
    var low = 0
    var high = list.count / 3
    while low < high {
      let middle = (low + high) / 2
      if list[middle * 3] < code { low = middle + 1 } else { high = middle }
    }
    guard low < list.count / 3, list[low * 3] == code else { return decomposed[0..<0] }
    let start = Int(list[low * 3 + 1])
    return decomposed[start..<start + Int(list[low * 3 + 2])]
  }

  /// The primary composite of two characters.
  func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if let syllable = Hangul.composition(first, second) { return syllable }
    var low = 0
    var high = compositions.count / 3
    while low < high {
      let middle = (low + high) / 2
      let left = compositions[middle * 3]
      if left < first || (left == first && compositions[middle * 3 + 1] < second) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < compositions.count / 3, compositions[low * 3] == first, compositions[low * 3 + 1] == second
    else { return nil }
    return compositions[low * 3 + 2]
  }
}

/// Hangul syllables, which compose and decompose by rule (The Unicode Standard, section 3.12).
enum Hangul {
  private static let syllableBase: UInt32 = 0xAC00
  private static let leadBase: UInt32 = 0x1100
  private static let vowelBase: UInt32 = 0x1161
  private static let tailBase: UInt32 = 0x11A7
  private static let vowelCount: UInt32 = 21
  private static let tailCount: UInt32 = 28
  private static let leads: Range<UInt32> = 0x1100..<0x1113
  private static let vowels: Range<UInt32> = 0x1161..<0x1176
  private static let tails: Range<UInt32> = 0x11A8..<0x11C3
  static let syllables: Range<UInt32> = 0xAC00..<0xD7A4

  /// The lead, the vowel and the tail, if any, of a syllable.
  static func decomposition(of syllable: UInt32) -> (lead: UInt32, vowel: UInt32, tail: UInt32?) {
    let index = syllable - syllableBase
    let tail = index % tailCount
    let vowel = index / tailCount % vowelCount
    return (
      leadBase + index / (vowelCount * tailCount), vowelBase + vowel, tail == 0 ? nil : tailBase + tail
    )
  }

  static func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if leads.contains(first), vowels.contains(second) {
      return syllableBase + ((first - leadBase) * vowelCount + second - vowelBase) * tailCount
    }
    if syllables.contains(first), (first - syllableBase) % tailCount == 0, tails.contains(second) {
      return first + second - tailBase
    }
    return nil
  }

  /// Vowels and tails, which may compose with what is before them.
  static let composingJamo = Array(vowels) + Array(tails)
}
