import Checkpoints
import TestSupport
import Testing

/// Every element type against the reference implementation of the `gguf` Python package (see make_blocks.py).
@Suite struct DequantizationTests {
  static let types = ElementType.allCases.filter { $0.ggmlNumber != nil }

  @Test(arguments: types)
  func agreesWithTheReferenceToTheLastBit(type: ElementType) throws {
    let tensor = try #require(try GGUFFile(path: "\(fixtures)/gguf/blocks.gguf").tensors[type.name])
    let reference = try #require(
      try SafetensorsFile(path: "\(fixtures)/gguf/blocks.safetensors").tensors[type.name])
    #expect(tensor.type == type)
    #expect(reference.type == .f32)
    #expect(tensor.shape == reference.shape)
    let found = tensor.floats()
    let expected = reference.floats()
    #expect(found.count == tensor.count)
    #expect(found.count == expected.count)
    for (index, (one, other)) in zip(found, expected).enumerated() {
      #expect(
        one.bitPattern == other.bitPattern || one.isNaN && other.isNaN,
        "element \(index): \(one), not \(other)")
    }
    #expect(
      Set(expected.map(\.bitPattern)).count > 40, "a reference of too few different values proves nothing")
  }

  @Test(arguments: types)
  func rowsAreThePartsOfTheWhole(type: ElementType) throws {
    let tensor = try #require(try GGUFFile(path: "\(fixtures)/gguf/blocks.gguf").tensors[type.name])
    #expect(tensor.rowCount * tensor.rowBytes == tensor.bytes.count)
    let whole = tensor.floats().map(\.bitPattern)
    for row in 0..<tensor.rowCount {
      var floats = [Float](repeating: 0, count: tensor.rowLength)
      floats.withUnsafeMutableBufferPointer { tensor.dequantizeRow(row, into: $0.baseAddress!) }
      #expect(floats.map(\.bitPattern) == Array(whole[row * tensor.rowLength..<(row + 1) * tensor.rowLength]))
    }
  }

  /// Every half-precision number against the definition of IEEE 754: (-1)^s · 2^(e-15) · (1 + f/1024).
  @Test func everyHalf() {
    for bits in UInt16.min...UInt16.max {
      let value = float(half: bits)
      let sign: Float = bits & 0x8000 == 0 ? 1 : -1
      let exponent = Int(bits >> 10 & 31)
      let fraction = Float(bits & 1023)
      #expect((value.sign == .minus) == (sign < 0))
      switch exponent {
      case 31: #expect(fraction == 0 ? value == sign * .infinity : value.isNaN)
      case 0: #expect(value == sign * fraction / 0x1p24)
      default:
        #expect(
          value == Float(sign: .plus, exponent: exponent - 15, significand: sign * (1 + fraction / 1024)))
      }
    }
  }

  @Test func byteCounts() {
    #expect(ElementType.q4_0.byteCount(64) == 36)
    #expect(ElementType.q4_0.byteCount(63) == nil)
    #expect(ElementType.f32.byteCount(Int.max) == nil)
    #expect(ElementType.q6_K.byteCount(0) == 0)
    for type in Self.types { #expect(ElementType(ggmlNumber: type.ggmlNumber ?? 99) == type) }
    #expect(ElementType(ggmlNumber: 4) == nil)
  }
}
