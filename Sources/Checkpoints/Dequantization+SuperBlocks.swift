// swift-format-ignore-file: AlwaysUseLowerCamelCase
// The names of the types are ggml's.

// Blocks of 256 elements: sub-blocks of 16 or 32 with small integer scales under one or two half-precision
// ones. Elements are written in order; `i` counts them.

/// `scales: 16 bytes, qs: 64 bytes, d: half, dmin: half`.
///
/// Sub-blocks of 16; the low nibble of a scale byte multiplies `d`, the high one `dmin`. Bits 2k and 2k+1 of
/// the 32 bytes of each half of `qs` are 32 consecutive elements. element = (d·scale)·q - dmin·min.
func decodeQ2_K(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(80)
  let dmin = block.half(82)
  for i in 0..<256 {
    let scale = block.byte(i / 16)
    let q = block.byte(16 + i / 128 * 32 + i % 32) >> (i / 32 % 4 * 2) & 3
    y[i] = d * Float(scale & 0xF) * Float(q) - dmin * Float(scale >> 4)
  }
}

/// `hmask: 32 bytes, qs: 64 bytes, scales: 12 bytes, d: half`.
///
/// Sub-blocks of 16 with 6-bit scales biased by 32; bit k of `hmask` byte j is the third bit of element 32k +
/// j, and an element without it is lower by 4. element = (d·scale)·q.
func decodeQ3_K(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(108)
  for i in 0..<256 {
    let group = i / 16
    let low = block.byte(96 + group % 8) >> (group / 8 * 4) & 0xF
    let high = block.byte(104 + group % 4) >> (group / 4 * 2) & 3
    let scale = Int(low | high << 4) - 32
    let q = block.byte(32 + i / 128 * 32 + i % 32) >> (i / 32 % 4 * 2) & 3
    let bit = block.byte(i % 32) >> (i / 32) & 1
    y[i] = d * Float(scale) * Float(Int(q) - (bit == 0 ? 4 : 0))
  }
}

/// The 6-bit scale and minimum of sub-block `j` (0..<8) from the 12 bytes that Q4_K and Q5_K pack them into.
private func scaleAndMinimum(_ j: Int, _ packed: UnsafeRawPointer) -> (scale: Float, minimum: Float) {
  if j < 4 { return (Float(packed.byte(j) & 63), Float(packed.byte(j + 4) & 63)) }
  let low = packed.byte(j + 4)
  let scale = low & 0xF | (packed.byte(j - 4) >> 6) << 4
  let minimum = low >> 4 | (packed.byte(j) >> 6) << 4
  return (Float(scale), Float(minimum))
}

/// `d: half, dmin: half, scales: 12 bytes, qs: 128 bytes`.
///
/// Sub-blocks of 32; each 32 bytes of `qs` hold one sub-block in the low nibbles and the next in the high
/// ones. element = (d·scale)·q - dmin·min.
func decodeQ4_K(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let dmin = block.half(2)
  for j in 0..<8 {
    let (scale, minimum) = scaleAndMinimum(j, block + 4)
    for k in 0..<32 {
      let q = block.byte(16 + j / 2 * 32 + k) >> (j % 2 * 4) & 0xF
      y[j * 32 + k] = d * scale * Float(q) - dmin * minimum
    }
  }
}

/// `d: half, dmin: half, scales: 12 bytes, qh: 32 bytes, qs: 128 bytes`.
///
/// As Q4_K, with bit j of `qh` byte k as the fifth bit of element 32j + k.
func decodeQ5_K(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let dmin = block.half(2)
  for j in 0..<8 {
    let (scale, minimum) = scaleAndMinimum(j, block + 4)
    for k in 0..<32 {
      let low = block.byte(48 + j / 2 * 32 + k) >> (j % 2 * 4) & 0xF
      let high = block.byte(16 + k) >> j & 1
      y[j * 32 + k] = d * scale * Float(low | high << 4) - dmin * minimum
    }
  }
}

/// `ql: 128 bytes, qh: 64 bytes, scales: 16 signed bytes, d: half`.
///
/// Sub-blocks of 16. Each half of 128 elements takes 64 bytes of `ql` (low nibbles elements 0..<64, high ones
/// 64..<128) and 32 bytes of `qh` (bits 2k and 2k+1: elements 32k..<32k+32). element = (d·scale)·(q - 32).
func decodeQ6_K(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(208)
  for i in 0..<256 {
    let half = i / 128
    let j = i % 128
    let low = block.byte(half * 64 + j % 64) >> (j / 64 * 4) & 0xF
    let high = block.byte(128 + half * 32 + j % 32) >> (j / 32 * 2) & 3
    let scale = Int8(bitPattern: block.byte(192 + i / 16))
    y[i] = d * Float(scale) * Float(Int(low | high << 4) - 32)
  }
}

/// `d: half, scales_h: 16 bits, scales_l: 4 bytes, qs: 128 bytes`.
///
/// Sub-blocks of 32 with 6-bit scales biased by 32; each sub-block is laid out as in IQ4_NL.
/// element = (d·(scale - 32))·levels[q].
func decodeIQ4_XS(_ block: UnsafeRawPointer, _ y: UnsafeMutablePointer<Float>) {
  let d = block.half(0)
  let high = UInt16(littleEndian: block.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
  for j in 0..<8 {
    let low = block.byte(4 + j / 2) >> (j % 2 * 4) & 0xF
    let scale = Int(low) | Int(high >> (2 * j) & 3) << 4
    let factor = d * Float(scale - 32)
    for k in 0..<16 {
      let q = block.byte(8 + j * 16 + k)
      y[j * 32 + k] = factor * nonLinearLevel(q & 0xF)
      y[j * 32 + k + 16] = factor * nonLinearLevel(q >> 4)
    }
  }
}
