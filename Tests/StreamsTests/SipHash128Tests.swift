import Streams
import Testing

@Suite struct SipHash128Tests {
  /// From the authors' test vectors (vectors.h, vectors_sip128): the hash of the bytes
  /// 00, 01, …, least byte first.
  @Test(arguments: [
    (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
    (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
    (15, "5493e99933b0a8117e08ec0f97cfc3d9"), (16, "6ee2a4ca67b054bbfd3315bf85230577"),
    (63, "5150d1772f50834a503e069a973fbd7c"),
  ])
  func referenceVectors(length: Int, expected: String) {
    let hash = (0..<length).map { UInt8($0) }.withUnsafeBytes { sipHash128($0) }
    #expect(hex(hash.low.byteSwapped, digits: 16) + hex(hash.high.byteSwapped, digits: 16) == expected)
  }
}
