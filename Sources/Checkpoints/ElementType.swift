/// How the elements of a tensor are stored: plain floats, or blocks of quantized ones.
///
/// A row of `n` elements is `n / blockLength` blocks of `blockBytes` bytes each, and `n` is a multiple of
/// `blockLength`. The layouts of the quantized blocks are those of ggml (`ggml-common.h`).
// swift-format-ignore: AlwaysUseLowerCamelCase
package enum ElementType: UInt8, Sendable, CaseIterable {
  case f32, f16, bf16
  case q4_0, q4_1, q5_0, q5_1, q8_0
  case q2_K, q3_K, q4_K, q5_K, q6_K
  case iq4_nl, iq4_xs
  case mxfp4
  /// Bytes that hold the codes or scales of another format; safetensors only.
  case u8

  /// The type's name as GGUF tools print it: `F32`, `Q4_K`.
  package var name: String { traits.name }

  /// Elements in a block; 1 for plain floats.
  package var blockLength: Int { traits.blockLength }

  /// Whether elements are codes of at most 8 bits, and not numbers of their own.
  package var isQuantized: Bool { blockLength > 1 || self == .u8 }

  /// Bytes in a block.
  package var blockBytes: Int { traits.blockBytes }

  /// The type's number in a GGUF tensor directory (`enum ggml_type`); nil for a type that has none.
  package var ggmlNumber: UInt32? { traits.ggmlNumber }

  /// The type with a number of ggml's, or nil for one that is not supported.
  package init?(ggmlNumber: UInt32) {
    guard let type = Self.allCases.first(where: { $0.ggmlNumber == ggmlNumber }) else { return nil }
    self = type
  }

  /// Bytes that `count` elements take, or nil when `count` is no multiple of the block or the product
  /// overflows.
  package func byteCount(_ count: Int) -> Int? {
    guard count >= 0, count.isMultiple(of: blockLength) else { return nil }
    let (bytes, overflow) = (count / blockLength).multipliedReportingOverflow(by: blockBytes)
    return overflow ? nil : bytes
  }

  private var traits: (name: String, blockLength: Int, blockBytes: Int, ggmlNumber: UInt32?) {
    switch self {
    case .f32: ("F32", 1, 4, 0)
    case .f16: ("F16", 1, 2, 1)
    case .bf16: ("BF16", 1, 2, 30)
    case .q4_0: ("Q4_0", 32, 18, 2)
    case .q4_1: ("Q4_1", 32, 20, 3)
    case .q5_0: ("Q5_0", 32, 22, 6)
    case .q5_1: ("Q5_1", 32, 24, 7)
    case .q8_0: ("Q8_0", 32, 34, 8)
    case .q2_K: ("Q2_K", 256, 84, 10)
    case .q3_K: ("Q3_K", 256, 110, 11)
    case .q4_K: ("Q4_K", 256, 144, 12)
    case .q5_K: ("Q5_K", 256, 176, 13)
    case .q6_K: ("Q6_K", 256, 210, 14)
    case .iq4_nl: ("IQ4_NL", 32, 18, 20)
    case .iq4_xs: ("IQ4_XS", 256, 136, 23)
    case .mxfp4: ("MXFP4", 32, 17, 39)
    case .u8: ("U8", 1, 1, nil)
    }
  }
}
