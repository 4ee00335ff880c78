import Records
import Testing

/// UTF-8 in strings, against the standard library's validation.
@Suite struct UTF8Tests {
  private func agrees(_ sequence: [UInt8]) -> Bool {
    let isValid = String(validating: sequence, as: UTF8.self) != nil
    // At a step's beginning, across its border, and just before the end of the text.
    for padding in [0, 14, 15] {
      for tail in [0, 20] {
        let filler = [UInt8](repeating: UInt8(ascii: "a"), count: padding)
        let end = [UInt8](repeating: UInt8(ascii: "b"), count: tail)
        let text = [UInt8(ascii: "\"")] + filler + sequence + end + [UInt8(ascii: "\"")]
        let error = jsonError(text)
        guard error == nil ? isValid : !isValid && error!.reason == .badUTF8 else { return false }
      }
    }
    return true
  }

  @Test func allPairsOfHighBytes() {
    for first in UInt8(0x80)...0xFF {
      #expect(agrees([first]))
      for second in UInt8(0x80)...0xFF { #expect(agrees([first, second]), "\(first) \(second)") }
    }
  }

  @Test func allLeadsWithTheBordersOfContinuation() {
    let borders: [UInt8] = [0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xE0, 0xFF]
    for lead in UInt8(0xC0)...0xFF {
      for second in borders {
        for third in borders {
          #expect(agrees([lead, second, third]), "\(lead) \(second) \(third)")
          guard lead >= 0xE0 else { continue }
          for fourth in borders {
            #expect(agrees([lead, second, third, fourth]), "\(lead) \(second) \(third) \(fourth)")
          }
        }
      }
    }
  }

  @Test func everyScalarIsAcceptedAndDecodedFromItsEscape() throws {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if value >= 0x10000, value % 61 != 0, value & 0xFFFF > 2, value & 0xFFFF < 0xFFFD { continue }
      let character = String(scalar)
      let escapes = character.utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      let asItIs = value < 0x20 || scalar == "\"" || scalar == "\\" ? "" : character
      try withJSON("[\"\(asItIs)\",\"\(escapes.joined())\"]") { value in
        #expect(value.element(0)?.string?.utf8.elementsEqual(asItIs.utf8) == true)
        #expect(value.element(1)?.string?.utf8.elementsEqual(character.utf8) == true)
      }
    }
  }

  @Test(
    arguments: [
      // Overlong forms.
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF],
      // Surrogates.
      [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
      // Past U+10FFFF.
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
      // Continuation alone.
      [0x80], [0xBF], [0xC3, 0xA9, 0x80],
      // Cut short.
      [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x20], [0xE2, 0x28, 0xA1],
    ] as [[UInt8]])
  func errorsAreFound(_ sequence: [UInt8]) {
    #expect(jsonError([0x22] + sequence + [0x22])?.reason == .badUTF8)
    #expect(jsonError([0x22] + sequence)?.reason == .badUTF8)
    #expect(jsonError(Array("{\"k".utf8) + sequence + Array("\":1}".utf8))?.reason == .badUTF8)
  }
}
