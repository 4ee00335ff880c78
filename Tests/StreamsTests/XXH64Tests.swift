import Streams
import Testing

@Suite struct XXH64Tests {
  /// From xxHash's own sanity test (tests/sanity_test_vectors.h): its pseudo-random
  /// buffer, lengths and two seeds.
  @Test(
    arguments: [
      (0, 0xEF46_DB37_51D8_E999, 0xAC75_FDA2_929B_17EF), (1, 0xE934_A84A_DB05_2768, 0x5014_6076_43A9_B4C3),
      (4, 0x9136_A0DC_A574_57EE, 0xCAAB_286B_D8E9_FDB5), (14, 0x8282_DCC4_994E_35C8, 0xC3BD_6BF6_3DEB_6DF0),
      (222, 0xB641_AE8C_B691_C174, 0x20CB_8AB7_AE10_C14A),
    ] as [(Int, UInt64, UInt64)])
  func sanityBuffer(length: Int, unseeded: UInt64, seeded: UInt64) {
    let seed: UInt64 = 2_654_435_761
    var generator = seed
    let buffer = (0..<length).map { _ in
      defer { generator &*= 11_400_714_785_074_694_797 }
      return UInt8(generator >> 56)
    }
    #expect(buffer.withUnsafeBytes { xxh64($0) } == unseeded)
    #expect(buffer.withUnsafeBytes { xxh64($0, seed: seed) } == seeded)
  }

  @Test(
    arguments: [
      ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
      ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ] as [(String, UInt64)])
  func text(text: String, expected: UInt64) {
    #expect(bytes(text).withUnsafeBytes { xxh64($0) } == expected)
  }

  @Test func unalignedBytesHashAlike() {
    let text = bytes("xyz" + String(repeating: "0123456789", count: 10))
    text.withUnsafeBytes { whole in
      for offset in 0..<9 {
        let copy = [UInt8](whole[offset...])
        #expect(
          xxh64(UnsafeRawBufferPointer(rebasing: whole[offset...])) == copy.withUnsafeBytes { xxh64($0) })
      }
    }
  }

  @Test func hexadecimal() {
    #expect(hex(0xDEAD_BEEF, digits: 16) == "00000000deadbeef")
    #expect(hex(0xDEAD_BEEF, digits: 4) == "beef")
    #expect(hex(0, digits: 1) == "0")
  }
}
