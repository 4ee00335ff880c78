import CKernels
import Checkpoints
import TestSupport
import Testing

/// Every kernel of every instruction set that this machine runs, against double precision.
@Suite struct KernelTests {
  static let names: [String] =
    (["avx512bf16", "avx512vnni", "avx512", "avx2vnni", "avx2", "portable", "neonbf16", "neon"] as [String])
    .filter { grape_kernels_named($0) != nil }
  static let epsilon = 0x1p-24

  func table(_ name: String) throws -> grape_kernels { try #require(grape_kernels_named(name)).pointee }

  @Test func theBestKernelsAreTheFirstThatRun() throws {
    #expect(Self.names.contains { ["portable", "neon"].contains($0) })
    #expect(String(cString: try #require(grape_kernels_named(nil)).pointee.name) == Self.names[0])
    #expect(grape_kernels_named("sparc") == nil)
  }

  @Test(arguments: names) func productsOfFloats(_ name: String) throws {
    let multiply = try #require(try table(name).multiply_f32)
    var random = SplitMix(seed: 1)
    for (rows, tiles, width) in [(1, 1, 1), (3, 2, 5), (8, 3, 64), (13, 4, 33), (29, 5, 130), (64, 3, 577)] {
      let w = random.floats(rows * width), x = random.floats(tiles * width * 16)
      let start = random.floats(tiles * rows * 16)
      for update in [GRAPE_UPDATE_SET, GRAPE_UPDATE_CONTINUE, GRAPE_UPDATE_ADD] {
        var c = start
        multiply(w, width, rows, x, width * 16, tiles, width, &c, rows * 16, update)
        for t in 0..<tiles {
          for r in 0..<rows {
            for lane in 0..<16 {
              let at = t * rows * 16 + r * 16 + lane
              var sum = update == GRAPE_UPDATE_SET ? 0 : Double(start[at]), size = abs(sum)
              for k in 0..<width {
                let product = Double(w[r * width + k]) * Double(x[t * width * 16 + k * 16 + lane])
                sum += product
                size += abs(product)
              }
              #expect(abs(Double(c[at]) - sum) <= Double(width + 2) * Self.epsilon * size)
            }
          }
        }
      }
    }
  }

  @Test(arguments: names) func productsOfBFloats(_ name: String) throws {
    let table = try table(name)
    guard let multiply = table.multiply_bf16 else {
      #expect(table.bf16_operand == GRAPE_OPERAND_ROUNDED)
      return
    }
    var random = SplitMix(seed: 2)
    for (rows, tiles, width) in [(1, 1, 2), (3, 2, 6), (8, 3, 64), (13, 4, 34), (29, 5, 130), (64, 3, 576)] {
      let w = random.floats(rows * width).map(bfloat), x = random.floats(tiles * width * 16)
      var packed = [UInt16](repeating: 0, count: tiles * width * 16)
      for t in 0..<tiles {
        x.withUnsafeBufferPointer { x in
          packed.withUnsafeMutableBufferPointer {
            table.pack(
              x.baseAddress! + t * width * 16, width, GRAPE_OPERAND_PAIRS, $0.baseAddress! + t * width * 16)
          }
        }
      }
      var c = [Float](repeating: 0, count: tiles * rows * 16)
      multiply(w, width, rows, packed, width * 16, tiles, width / 2, &c, rows * 16, GRAPE_UPDATE_SET)
      for t in 0..<tiles {
        for r in 0..<rows {
          for lane in 0..<16 {
            var sum = 0.0, size = 0.0
            for k in 0..<width {
              let product = widened(w[r * width + k]) * widened(bfloat(x[t * width * 16 + k * 16 + lane]))
              sum += product
              size += abs(product)
            }
            #expect(
              abs(Double(c[t * rows * 16 + r * 16 + lane]) - sum) <= Double(width + 2) * Self.epsilon * size)
          }
        }
      }
    }
  }

  /// A sum's bits depend on its inner dimension alone, not on the rows, tiles and passes around it.
  @Test(arguments: names) func productsDoNotDependOnTheirCut(_ name: String) throws {
    let table = try table(name)
    let multiply = try #require(table.multiply_f32)
    var random = SplitMix(seed: 3)
    let rows = 21, tiles = 4, width = 96
    let w = random.floats(rows * width), x = random.floats(tiles * width * 16)
    var whole = [Float](repeating: 0, count: tiles * rows * 16)
    multiply(w, width, rows, x, width * 16, tiles, width, &whole, rows * 16, GRAPE_UPDATE_SET)
    for r in 0..<rows {
      for t in 0..<tiles {
        var one = [Float](repeating: 0, count: 16)
        w.withUnsafeBufferPointer { w in
          x.withUnsafeBufferPointer { x in
            let row = w.baseAddress! + r * width, tile = x.baseAddress! + t * width * 16
            multiply(row, width, 1, tile, width * 16, 1, 40, &one, 16, GRAPE_UPDATE_SET)
            multiply(
              row + 40, width, 1, tile + 40 * 16, width * 16, 1, width - 40, &one, 16, GRAPE_UPDATE_CONTINUE)
          }
        }
        #expect(Array(whole[(t * rows + r) * 16..<(t * rows + r + 1) * 16]) == one)
      }
    }
  }

  @Test(arguments: names) func decodingIsExact(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 4)
    let encodings: [(grape_weights, ElementType)] = [
      (GRAPE_WEIGHTS_F32, .f32), (GRAPE_WEIGHTS_F16, .f16), (GRAPE_WEIGHTS_BF16, .bf16),
      (GRAPE_WEIGHTS_Q8_0, .q8_0), (GRAPE_WEIGHTS_Q4_0, .q4_0), (GRAPE_WEIGHTS_Q4_1, .q4_1),
      (GRAPE_WEIGHTS_Q5_0, .q5_0), (GRAPE_WEIGHTS_Q5_1, .q5_1), (GRAPE_WEIGHTS_Q2_K, .q2_K),
      (GRAPE_WEIGHTS_Q3_K, .q3_K), (GRAPE_WEIGHTS_Q4_K, .q4_K), (GRAPE_WEIGHTS_Q5_K, .q5_K),
      (GRAPE_WEIGHTS_Q6_K, .q6_K), (GRAPE_WEIGHTS_IQ4_NL, .iq4_nl), (GRAPE_WEIGHTS_IQ4_XS, .iq4_xs),
      (GRAPE_WEIGHTS_MXFP4, .mxfp4),
    ]
    for (encoding, type) in encodings {
      let count = type.blockLength == 1 ? 1029 : 4 * 256
      let bytes = (0..<count / type.blockLength * type.blockBytes).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      var expected = [Float](repeating: 0, count: count), decoded = expected
      bytes.withUnsafeBytes { dequantize(type, $0.baseAddress!, count: count, into: &expected) }
      bytes.withUnsafeBytes { table.decode_f32(encoding, $0.baseAddress!, count, &decoded) }
      var narrow = [UInt16](repeating: 0, count: count)
      bytes.withUnsafeBytes { table.decode_bf16(encoding, $0.baseAddress!, count, &narrow) }
      for i in 0..<count {
        if expected[i].isNaN {
          #expect(decoded[i].isNaN && widened(narrow[i]).isNaN)
        } else {
          #expect(decoded[i].bitPattern == expected[i].bitPattern, "\(type) element \(i)")
          #expect(narrow[i] == bfloat(expected[i]), "\(type) element \(i)")
        }
      }
    }
  }

  @Test(arguments: names) func packing(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 5)
    let width = 7
    var x = random.floats(width * 16)
    x[0] = .nan
    x[1] = .infinity
    x[2] = 0x1.FFFFFEp127
    var floats = [Float](repeating: 9, count: 8 * 16), rounded = floats
    var pairs = [UInt16](repeating: 9, count: 8 * 16)
    table.pack(x, width, GRAPE_OPERAND_F32, &floats)
    table.pack(x, width, GRAPE_OPERAND_ROUNDED, &rounded)
    table.pack(x, width, GRAPE_OPERAND_PAIRS, &pairs)
    for feature in 0..<width {
      for lane in 0..<16 {
        let value = x[feature * 16 + lane]
        let pair = pairs[feature / 2 * 32 + lane * 2 + feature % 2]
        #expect(floats[feature * 16 + lane].bitPattern == value.bitPattern)
        if value.isNaN {
          #expect(widened(pair).isNaN && rounded[feature * 16 + lane].isNaN)
        } else {
          #expect(pair == bfloat(value))
          #expect(Double(rounded[feature * 16 + lane]) == widened(bfloat(value)))
        }
      }
    }
    for lane in 0..<16 { #expect(pairs[3 * 32 + lane * 2 + 1] == 0) }
  }

  @Test(arguments: names) func rootMeanSquareNorm(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 6)
    for width in [1, 2, 5, 64, 577] {
      let x = random.floats(width * 16), weight = random.floats(width)
      var out = [Float](repeating: 0, count: width * 16)
      table.rms_norm(x, weight, width, 1e-5, GRAPE_OPERAND_F32, &out)
      for lane in 0..<16 {
        let squares = (0..<width).map { Double(x[$0 * 16 + lane]) * Double(x[$0 * 16 + lane]) }.reduce(0, +)
        let factor = 1 / (squares / Double(width) + Double(Float(1e-5))).squareRoot()
        for i in 0..<width {
          let expected = Double(x[i * 16 + lane]) * factor * Double(weight[i])
          #expect(abs(Double(out[i * 16 + lane]) - expected) <= 1e-5 * abs(expected))
        }
      }
    }
  }

  @Test(arguments: names) func rotation(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 7)
    let half = 5
    let cosine = random.floats(half * 16), sine = random.floats(half * 16)
    for interleaved in [false, true] {
      let x = random.floats(2 * half * 16)
      var y = x
      table.rotate(&y, half, interleaved ? 1 : 0, cosine, sine)
      for i in 0..<half {
        let first = interleaved ? 2 * i : i, second = interleaved ? 2 * i + 1 : i + half
        for lane in 0..<16 {
          let a = Double(x[first * 16 + lane]), b = Double(x[second * 16 + lane])
          let c = Double(cosine[i * 16 + lane]), s = Double(sine[i * 16 + lane])
          #expect(abs(Double(y[first * 16 + lane]) - (a * c - b * s)) < 1e-6)
          #expect(abs(Double(y[second * 16 + lane]) - (b * c + a * s)) < 1e-6)
        }
      }
    }
  }

  @Test(arguments: names) func gatedLinearUnit(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 8)
    var gate = random.floats(5 * 16).map { $0 * 12 }
    gate[0] = -100
    gate[1] = 100
    gate[2] = 0
    gate[3] = -88
    let up = random.floats(5 * 16)
    var out = [Float](repeating: 7, count: 8 * 16)
    table.activate(GRAPE_ACTIVATION_SILU, 0, 0, gate, up, 5, GRAPE_OPERAND_F32, &out, 2)
    for i in 0..<5 * 16 {
      let g = Double(gate[i])
      let expected = g / (1 + exponential(-g)) * Double(up[i])
      #expect(abs(Double(out[32 + i]) - expected) <= 1e-6 * abs(expected) + 1e-35)
    }
    #expect(out[0..<32].allSatisfy { $0 == 7 } && out[(32 + 80)...].allSatisfy { $0 == 7 })
  }

  @Test(arguments: names, [Int32.max, 9, 1]) func softmaxInBlocks(_ name: String, _ window: Int32) throws {
    let table = try table(name)
    var random = SplitMix(seed: 9)
    let total = 37, block = 8, scale: Float = 0.3
    let scores = random.floats(total * 16).map { $0 * 60 }
    let positions: [Int32] = (0..<16).map { Int32($0 * 2 + 6) }
    var maximum = [Float](repeating: -1e30, count: 16), sum = [Float](repeating: 0, count: 16)
    var weights = [Double](repeating: 0, count: total * 16)
    for first in stride(from: 0, to: total, by: block) {
      let count = min(block, total - first)
      var out = [Float](repeating: .nan, count: count * 16)
      var factor = sum
      scores.withUnsafeBufferPointer {
        table.softmax(
          $0.baseAddress! + first * 16, count, scale, Int32(first), positions, window, &maximum, &sum,
          &factor, GRAPE_OPERAND_F32, &out)
      }
      for i in 0..<first * 16 { weights[i] *= Double(factor[i % 16]) }
      for i in 0..<count * 16 { weights[first * 16 + i] = Double(out[i]) }
    }
    for lane in 0..<16 {
      let seen = max(0, Int(positions[lane]) - Int(window) + 1)...Int(positions[lane])
      let values = (0..<total).map { Double(scores[$0 * 16 + lane]) * Double(scale) }
      let most = seen.map { values[$0] }.max()!
      let norm = seen.map { exponential(values[$0] - most) }.reduce(0, +)
      for key in 0..<total {
        let expected = seen.contains(key) ? exponential(values[key] - most) / norm : 0
        #expect(abs(weights[key * 16 + lane] / Double(sum[lane]) - expected) < 2e-6)
      }
    }
  }

  /// As pairs, weights are those in single precision rounded, and a last one has a zero beside
  /// it; their sum is the same.
  @Test(arguments: names, [8, 5]) func softmaxInPairs(_ name: String, _ count: Int) throws {
    let table = try table(name)
    var random = SplitMix(seed: 17)
    let scores = random.floats(count * 16).map { $0 * 9 }
    let positions = (0..<16).map { Int32($0) }
    var plain = [Float](repeating: 9, count: 8 * 16), pairs = [UInt16](repeating: 9, count: 8 * 16)
    var maxima = [[Float](repeating: -1e30, count: 16), [Float](repeating: -1e30, count: 16)]
    var sums = [[Float](repeating: 0, count: 16), [Float](repeating: 0, count: 16)], factor = sums[0]
    table.softmax(
      scores, count, 0.5, 0, positions, .max, &maxima[0], &sums[0], &factor, GRAPE_OPERAND_F32, &plain)
    table.softmax(
      scores, count, 0.5, 0, positions, .max, &maxima[1], &sums[1], &factor, GRAPE_OPERAND_PAIRS, &pairs)
    #expect(maxima[0] == maxima[1] && sums[0] == sums[1])
    for key in 0..<count {
      for lane in 0..<16 {
        #expect(pairs[key / 2 * 32 + lane * 2 + key % 2] == bfloat(plain[key * 16 + lane]))
      }
    }
    if count % 2 == 1 { for lane in 0..<16 { #expect(pairs[count / 2 * 32 + lane * 2 + 1] == 0) } }
  }

  @Test(arguments: names) func logSumExpAndRanks(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 10)
    let rows = 150
    let logits = random.floats(rows * 16).map { $0 * 40 }
    let target = Array(logits[70 * 16..<71 * 16])
    var maximum = [Float](repeating: -1e30, count: 16), sum = [Float](repeating: 0, count: 16)
    var above = [Int32](repeating: 0, count: 16)
    for first in stride(from: 0, to: rows, by: 64) {
      logits.withUnsafeBufferPointer {
        table.fold_logits(
          $0.baseAddress! + first * 16, min(64, rows - first), &maximum, &sum, target, &above)
      }
    }
    for lane in 0..<16 {
      let column = (0..<rows).map { Double(logits[$0 * 16 + lane]) }
      let most = column.max()!
      let expected = most + logarithm(column.map { exponential($0 - most) }.reduce(0, +))
      #expect(abs(Double(maximum[lane]) + logarithm(Double(sum[lane])) - expected) < 1e-5)
      #expect(Int(above[lane]) == column.filter { $0 > Double(target[lane]) }.count)
    }
  }

  @Test(arguments: names) func gathering(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 11)
    let features = 38, width = 41, stride = 27
    let x = random.floats(3 * width * 16)
    // Lanes of several tiles, a run that goes on in the next tile, and a whole one.
    let rows: [Int32] = [40, 3, 3, 17, 31, 0, 47] + Array(14...31)
    var byPosition = [Float](repeating: 0, count: rows.count * features)
    var byFeature = [Float](repeating: 0, count: stride * features)
    table.gather(x, width * 16, rows, rows.count, features, &byPosition, features, 1)
    table.gather(x, width * 16, rows, rows.count, features, &byFeature, 1, stride)
    for (position, row) in rows.enumerated() {
      for feature in 0..<features {
        let value = x[Int(row) / 16 * width * 16 + feature * 16 + Int(row) % 16]
        #expect(byPosition[position * features + feature] == value)
        #expect(byFeature[feature * stride + position] == value)
      }
    }
  }

  @Test(arguments: names) func storingScalingDividing(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 12)
    let block = random.floats(3 * 16), bias = random.floats(3), old = random.floats(3 * 16)
    var y = old
    table.store(block, bias, 0.5, 3, &y, 1)
    for i in 0..<48 { #expect(abs(y[i] - (old[i] + 0.5 * (block[i] + bias[i / 16]))) < 1e-6) }
    table.store(block, nil, 1, 3, &y, 0)
    #expect(y == block)
    let factor = random.floats(16)
    table.scale(&y, 3, factor)
    for i in 0..<48 { #expect(y[i] == block[i] * factor[i % 16]) }
    y = old
    table.divide(block, 3, factor, 4, 9, &y)
    for i in 0..<48 { #expect(y[i] == ((4..<9).contains(i % 16) ? block[i] / factor[i % 16] : old[i])) }
  }

  @Test(arguments: names) func layerNorm(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 13)
    for width in [2, 5, 64, 577] {
      // Far from zero, where a mean of squares would lose the variance.
      let x = random.floats(width * 16).map { $0 + 20 }, weight = random.floats(width),
        bias = random.floats(width)
      for bias in [bias, nil] {
        var out = x
        out.withUnsafeMutableBufferPointer { out in
          if let bias {
            table.layer_norm(out.baseAddress, weight, bias, width, 1e-5, GRAPE_OPERAND_F32, out.baseAddress)
          } else {
            table.layer_norm(out.baseAddress, weight, nil, width, 1e-5, GRAPE_OPERAND_F32, out.baseAddress)
          }
        }
        for lane in 0..<16 {
          let column = (0..<width).map { Double(x[$0 * 16 + lane]) }
          let mean = column.reduce(0, +) / Double(width)
          let variance = column.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
          for i in 0..<width {
            let normal = (column[i] - mean) / (variance + Double(Float(1e-5))).squareRoot()
            let expected = normal * Double(weight[i]) + Double(bias?[i] ?? 0)
            #expect(abs(Double(out[i * 16 + lane]) - expected) <= 2e-5)
          }
        }
      }
    }
  }

  /// Activations by their definitions in double precision.
  static let activations: [(grape_activation, @Sendable (Double) -> Double)] = [
    (GRAPE_ACTIVATION_SILU, { $0 / (1 + exponential(-$0)) }),
    (GRAPE_ACTIVATION_GELU, { $0 * 0.5 * complementaryError(-$0 / 2.0.squareRoot()) }),
    (
      GRAPE_ACTIVATION_GELU_TANH,
      { x in
        let t = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1 + hyperbolicTangent(t))
      }
    ),
    (GRAPE_ACTIVATION_GELU_SIGMOID, { $0 / (1 + exponential(-1.702 * $0)) }),
    (GRAPE_ACTIVATION_RELU, { max(0, $0) }), (GRAPE_ACTIVATION_RELU_SQUARED, { $0 > 0 ? $0 * $0 : 0 }),
  ]

  @Test(arguments: names) func activations(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 14)
    // Every scale, and the borders between one formula and the next.
    var gate = (0..<40 * 16).map { Float($0 - 320) / 40 } + random.floats(23 * 16).map { $0 * 12 }
    for (index, x) in ([0, 1, -1, 1.4142, -1.4142, 2.8284, 90, -90, 1e-6, -1e-6] as [Float]).enumerated() {
      gate[index] = x
    }
    let rows = gate.count / 16, up = random.floats(gate.count)
    for (activation, function) in Self.activations {
      for isGated in [true, false] {
        var out = [Float](repeating: 0, count: gate.count)
        if isGated {
          table.activate(activation, 0, 0, gate, up, rows, GRAPE_OPERAND_F32, &out, 0)
        } else {
          table.activate(activation, 0, 0, gate, nil, rows, GRAPE_OPERAND_F32, &out, 0)
        }
        for i in gate.indices {
          let expected = function(Double(gate[i])) * (isGated ? Double(up[i]) : 1)
          #expect(
            abs(Double(out[i]) - expected) <= 5e-7 * max(1, abs(Double(gate[i]))) + 2e-7 * abs(expected),
            "\(activation) \(gate[i])")
        }
      }
    }
    var out = [Float](repeating: 0, count: gate.count)
    let wide = up.map { $0 * 4 }
    table.activate(GRAPE_ACTIVATION_CLAMPED_SWIGLU, 1.7, 3, gate, wide, rows, GRAPE_OPERAND_F32, &out, 0)
    for i in gate.indices {
      let g = min(Double(gate[i]), 3), u = min(max(Double(wide[i]), -3), 3)
      let expected = g / (1 + exponential(-Double(Float(1.7)) * g)) * (u + 1)
      #expect(abs(Double(out[i]) - expected) <= 5e-6)
    }
  }

  @Test(arguments: names) func softCap(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 15)
    let x = random.floats(9 * 16).map { $0 * 60 }
    for cap: Float in [0, 0.5, 30] {
      var y = x
      table.soft_cap(&y, 9, 0.7, cap)
      for i in x.indices {
        let scaled = Double(x[i]) * Double(Float(0.7))
        let expected = cap == 0 ? scaled : Double(cap) * hyperbolicTangent(scaled / Double(cap))
        #expect(abs(Double(y[i]) - expected) <= 4e-7 * max(1, abs(scaled)))
      }
    }
  }

  @Test(arguments: names) func collectingAndAddingLanes(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 16)
    let units = 5, x = random.floats(3 * units * 16), rows: [Int32] = [33, 0, 17, 17, 47]
    var out = [Float](repeating: 9, count: units * 16)
    table.collect(x, units, rows, rows.count, units, &out)
    for (lane, row) in rows.enumerated() {
      for unit in 0..<units {
        #expect(out[unit * 16 + lane] == x[Int(row) / 16 * units * 16 + unit * 16 + Int(row) % 16])
      }
    }
    #expect((0..<units).allSatisfy { unit in out[unit * 16 + 5..<unit * 16 + 16].allSatisfy { $0 == 9 } })
    var y = out
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { table.add_lane(x.baseAddress! + 3, 0.5, units, $0.baseAddress! + 7) }
    }
    for i in y.indices {
      let added = i % 16 == 7 ? 0.5 * x[i / 16 * 16 + 3] : 0
      #expect(abs(y[i] - (out[i] + added)) < 1e-6)
    }
  }
}
