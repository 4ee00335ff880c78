// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names of the types are ggml's.

/// Writes `count` elements of `type` at `source` to `destination` as floats.
///
/// The reference implementation: one block after the other, each operation in the order in which ggml's
/// `dequantize_row_*` has it, in single precision and without fused operations, so that results agree with
/// other people's to the last bit. Faster kernels are tested against it.
///
/// - Parameters:
///   - type: how the elements are stored.
///   - source: `count / blockLength` blocks, at any alignment.
///   - count: a multiple of the type's `blockLength`; what is left over is not written.
///   - destination: room for `count` floats.
package func dequantize(
  _ type: ElementType, _ source: UnsafeRawPointer, count: Int, into destination: UnsafeMutablePointer<Float>
) {
  let decode = type.blockDecoder
  for block in 0..<(count / type.blockLength) {
    decode(source + block * type.blockBytes, destination + block * type.blockLength)
  }
}

/// Decodes one block at `block` to the block's floats.
typealias BlockDecoder = (_ block: UnsafeRawPointer, _ floats: UnsafeMutablePointer<Float>) -> Void

extension ElementType {
  fileprivate var blockDecoder: BlockDecoder {
    switch self {
    case .f32: decodeF32
    case .f16: decodeF16
    case .bf16: decodeBF16
    case .q4_0: decodeQ4_0
    case .q4_1: decodeQ4_1
    case .q5_0: decodeQ5_0
    case .q5_1: decodeQ5_1
    case .q8_0: decodeQ8_0
    case .q2_K: decodeQ2_K
    case .q3_K: decodeQ3_K
    case .q4_K: decodeQ4_K
    case .q5_K: decodeQ5_K
    case .q6_K: decodeQ6_K
    case .iq4_nl: decodeIQ4_NL
    case .iq4_xs: decodeIQ4_XS
    case .mxfp4: decodeMXFP4
    case .u8: decodeU8
    }
  }
}

/// The value of an IEEE 754 half-precision number, exactly; the payload of a NaN is kept.
///
/// `Float16` is not available on every platform that this runs on.
package func float(half bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let exponent = UInt32(bits >> 10 & 0x1F)
  let fraction = UInt32(bits & 0x3FF)
  switch exponent {
  case 0:
    // A subnormal is a multiple of 2^-24, which a float holds exactly.
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 0x1F: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 127 - 15) << 23 | fraction << 13)
  }
}

extension UnsafeRawPointer {
  /// The half-precision number at a byte offset, as a float.
  func half(_ offset: Int) -> Float {
    float(half: UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  /// The byte at an offset.
  func byte(_ offset: Int) -> UInt8 { load(fromByteOffset: offset, as: UInt8.self) }
}

// MARK: - Plain floats

private func decodeF32(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  y[0] = Float(bitPattern: UInt32(littleEndian: block.loadUnaligned(as: UInt32.self)))
}

private func decodeF16(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  y[0] = block.half(0)
}

private func decodeBF16(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  y[0] = Float(bitPattern: UInt32(UInt16(littleEndian: block.loadUnaligned(as: UInt16.self))) << 16)
}

// MARK: - Blocks of 32 with one scale
// The low nibbles of the 16 bytes of `qs` are elements 0..<16, the high nibbles elements 16..<32.

/// `d: half, qs: 16 bytes`; element = (q - 8)·d.
private func decodeQ4_0(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  for j in 0..<16 {
    let q = block.byte(2 + j)
    y[j] = Float(Int(q & 0xF) - 8) * d
    y[j + 16] = Float(Int(q >> 4) - 8) * d
  }
}

/// `d: half, m: half, qs: 16 bytes`; element = q·d + m.
private func decodeQ4_1(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let m = block.half(2)
  for j in 0..<16 {
    let q = block.byte(4 + j)
    y[j] = Float(q & 0xF) * d + m
    y[j + 16] = Float(q >> 4) * d + m
  }
}

/// `d: half, qh: 32 bits, qs: 16 bytes`; bit i of qh is the fifth bit of element i; element = (q - 16)·d.
private func decodeQ5_0(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
  for j in 0..<16 {
    let q = block.byte(6 + j)
    y[j] = Float(Int(q & 0xF) + Int(high >> j & 1) * 16 - 16) * d
    y[j + 16] = Float(Int(q >> 4) + Int(high >> (j + 16) & 1) * 16 - 16) * d
  }
}

/// `d: half, m: half, qh: 32 bits, qs: 16 bytes`; element = q·d + m.
private func decodeQ5_1(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let m = block.half(2)
  let high = UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
  for j in 0..<16 {
    let q = block.byte(8 + j)
    y[j] = Float(Int(q & 0xF) + Int(high >> j & 1) * 16) * d + m
    y[j + 16] = Float(Int(q >> 4) + Int(high >> (j + 16) & 1) * 16) * d + m
  }
}

/// `d: half, qs: 32 signed bytes`; element = q·d.
private func decodeQ8_0(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  for j in 0..<32 { y[j] = Float(Int8(bitPattern: block.byte(2 + j))) * d }
}

/// `d: half, qs: 16 bytes`; element = levels[q]·d.
private func decodeIQ4_NL(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  for j in 0..<16 {
    let q = block.byte(2 + j)
    y[j] = nonLinearLevel(q & 0xF) * d
    y[j + 16] = nonLinearLevel(q >> 4) * d
  }
}

/// The 16 levels of the IQ4 types (`kvalues_iq4nl`), denser about zero.
func nonLinearLevel(_ q: UInt8) -> Float {
  switch q {
  case 0: -127
  case 1: -104
  case 2: -83
  case 3: -65
  case 4: -49
  case 5: -35
  case 6: -22
  case 7: -10
  case 8: 1
  case 9: 13
  case 10: 25
  case 11: 38
  case 12: 53
  case 13: 69
  case 14: 89
  default: 113
  }
}

// MARK: - Microscaled blocks of 32 (OCP Microscaling Formats, version 1.0)
// One byte is a power of two for the block, and each element is a 4-bit float: a sign, two bits
// of exponent, one of fraction.

/// `scale: byte, qs: 16 bytes`; element = 2^(scale - 127) · E2M1(q), low nibbles first, as in ggml.
private func decodeMXFP4(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let scale = halfPower(block.byte(0))
  for j in 0..<16 {
    let q = block.byte(1 + j)
    y[j] = doubledFourBitFloat(q & 0xF) * scale
    y[j + 16] = doubledFourBitFloat(q >> 4) * scale
  }
}

/// The same format in two tensors, as transformers keeps it: `codes` has 16 bytes and `scales` one for each
/// 32 elements; of a byte's elements the one in the low nibble comes first.
func decodeMXFP4(
  _ codes: UnsafeRawPointer, scales: UnsafeRawPointer, count: Int, into y: UnsafeMutablePointer<Float>
) {
  for i in 0..<count / 2 {
    let q = codes.byte(i)
    let scale = halfPower(scales.byte(i / 16))
    y[2 * i] = doubledFourBitFloat(q & 0xF) * scale
    y[2 * i + 1] = doubledFourBitFloat(q >> 4) * scale
  }
}

private func decodeU8(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  y[0] = Float(block.byte(0))
}

/// 2^(exponent - 128), half of what the format means by the byte; the two least are subnormal.
private func halfPower(_ exponent: UInt8) -> Float {
  Float(bitPattern: exponent < 2 ? 0x0020_0000 << UInt32(exponent) : UInt32(exponent - 1) << 23)
}

/// Twice the 16 values of a float of a sign, two bits of exponent and one of fraction
/// (E2M1); zero has no sign.
private func doubledFourBitFloat(_ q: UInt8) -> Float {
  let magnitude: Float =
    switch q & 7 {
    case 0: 0
    case 1: 1
    case 2: 2
    case 3: 3
    case 4: 4
    case 5: 6
    case 6: 8
    default: 12
    }
  return q <= 8 ? magnitude : -magnitude
}
