import Records
import TestSupport
import Testing

@Suite struct JSONWriterTests {
  @Test func writes() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.name("score")
    writer.double(-0.25)
    writer.name("tokens")
    writer.array([1, 20, 300])
    writer.name("empty")
    writer.array([])
    writer.name("nested")
    writer.beginArray()
    writer.string("a\"\\\n\u{1}é")
    writer.null()
    writer.bool(true)
    writer.int(.min)
    writer.double(.nan)
    writer.beginObject()
    writer.endObject()
    writer.endArray()
    writer.endObject()
    #expect(
      String(decoding: writer.bytes.raw, as: UTF8.self)
        == #"{"score":-0.25,"tokens":[1,20,300],"empty":[],"nested":["a\"\\\n\u0001é",null,true,-9223372036854775808,null,{}]}"#
    )
  }

  private func written(_ write: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    write(&writer)
    return String(decoding: writer.bytes.raw, as: UTF8.self)
  }

  @Test func integers() {
    var random = SplitMix(seed: 17)
    for power in 0..<64 {
      for near in [UInt64(1) << UInt64(power), random.next() >> UInt64(63 - power)] {
        for offset in [-1, 0, 1] {
          let value = Int(truncatingIfNeeded: near) &+ offset
          #expect(written { $0.int(value) } == String(value))
          #expect(written { $0.int(0 &- value) } == String(0 &- value))
          #expect(written { $0.hexadecimal(near) } == "\"\(padded(String(near, radix: 16)))\"")
        }
      }
    }
  }

  private func padded(_ digits: String) -> String {
    String(repeating: "0", count: 16 - digits.count) + digits
  }

  @Test func arraysOfEveryLength() {
    var random = SplitMix(seed: 19)
    for count in [0, 1, 2, 99, 255, 256, 257, 511, 512, 513, 1000] {
      let values = (0..<count).map { _ in UInt32(random.next() >> UInt64.random(in: 32..<64, using: &random))
      }
      #expect(written { $0.array(values) } == "[\(values.map(String.init).joined(separator: ","))]")
    }
    for count in 0...40 {
      let values = (0..<count).map { _ in UInt32(random.next() >> UInt64.random(in: 40..<64, using: &random))
      }
      #expect(written { $0.array(values) } == "[\(values.map(String.init).joined(separator: ","))]")
    }
    #expect(
      written { $0.array([0, 9, 10, 99, 100, 999, 1000, .max]) } == "[0,9,10,99,100,999,1000,4294967295]")
    let powers = (0...9).map { (0..<$0).reduce(UInt32(1)) { power, _ in power * 10 } }
    let edges = powers.flatMap { [$0 - 1, $0, $0 + 1] }
    #expect(written { $0.array(edges) } == "[\(edges.map(String.init).joined(separator: ","))]")
    for edge in edges {
      let values = [UInt32](repeating: edge, count: 17)
      #expect(written { $0.array(values) } == "[\(values.map(String.init).joined(separator: ","))]")
    }
  }

  @Test func runsOfElements() {
    let text = written { writer in
      writer.beginArray()
      writer.elements(repeating: "-100", count: 2)
      writer.elements([7, 1_234_567_890])
      writer.elements([])
      writer.elements(repeating: "-100", count: 0)
      writer.elements(repeating: "-100", count: 1)
      writer.elements([3])
      writer.endArray()
    }
    #expect(text == "[-100,-100,7,1234567890,-100,3]")
  }

  @Test func everyByteIsEscapedSoThatItComesBack() throws {
    let text = (UInt8(0)...0x7F).map { $0 } + Array("é€😀".utf8)
    var writer = JSONWriter()
    writer.string(text)
    try withJSON(Array(writer.bytes.raw)) { value in
      #expect(value.string.map { Array($0.utf8) } == text)
    }
  }

  @Test func doublesComeBack() throws {
    var random = SplitMix(seed: 23)
    for _ in 0..<2_000 {
      let value = Double(bitPattern: random.next())
      guard value.isFinite else { continue }
      let text = written { $0.double(value) }
      #expect(try withJSON(text) { $0.double } == value)
      let float = Float(value)
      guard float.isFinite else { continue }
      #expect(try withJSON(written { $0.float(float) }) { $0.double.map(Float.init) } == float)
    }
  }
}
