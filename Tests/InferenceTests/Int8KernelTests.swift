import CKernels
import TestSupport
import Testing

/// 8-bit products of every instruction set that this machine runs, against exact integer arithmetic.
@Suite struct Int8KernelTests {
  static let names = KernelTests.names
  static let block = Int(GRAPE_INT8_BLOCK), group = Int(GRAPE_INT8_GROUP)
  /// Bytes of a block of an operand tile.
  static let tileBlock = block * 16 + 64

  func table(_ name: String) throws -> grape_kernels { try #require(grape_kernels_named(name)).pointee }

  /// A matrix of floats as 8-bit weights.
  struct Weights: Equatable {
    let blocks: Int
    var codes: [Int8]
    var sums: [Int16]
    var scales: [Float]

    init(_ floats: [Float], rows: Int, width: Int, _ table: grape_kernels) {
      let groups = (rows + group - 1) / group
      blocks = (width + block - 1) / block
      codes = [Int8](repeating: 0, count: groups * blocks * group * block)
      sums = [Int16](repeating: 0, count: groups * blocks * group)
      scales = [Float](repeating: 0, count: groups * group)
      for row in 0..<rows {
        let first = row / group * blocks * group + row % group
        floats.withUnsafeBufferPointer { floats in
          codes.withUnsafeMutableBufferPointer { codes in
            sums.withUnsafeMutableBufferPointer { sums in
              table.quantize_row(
                floats.baseAddress! + row * width, width, codes.baseAddress! + first * block,
                sums.baseAddress! + first, &scales[row])
            }
          }
        }
      }
    }

    func code(_ row: Int, _ k: Int) -> Int {
      Int(codes[((row / group * blocks + k / block) * group + row % group) * block + k % block])
    }

    /// Products with tiles that lie end to end: `[tiles][groups * 8][16]`.
    func multiply(
      _ x: [UInt8], tiles: Int, groups: Range<Int>, firstTile: Int = 0, rows: Int? = nil,
      into start: [Float]? = nil, by update: grape_update = GRAPE_UPDATE_SET, _ table: grape_kernels
    ) -> [Float] {
      let allRows = groups.count * group
      var c = start ?? [Float](repeating: .nan, count: tiles * allRows * 16)
      codes.withUnsafeBufferPointer { codes in
        sums.withUnsafeBufferPointer { sums in
          scales.withUnsafeBufferPointer { scales in
            x.withUnsafeBytes { x in
              var weights = grape_int8_weights(
                codes: codes.baseAddress, sums: sums.baseAddress, scales: scales.baseAddress, blocks: blocks)
              let stride = blocks * tileBlock
              table.multiply_int8(
                &weights, groups.lowerBound, rows ?? allRows, x.baseAddress! + firstTile * stride, stride,
                tiles, &c, allRows * 16, update)
            }
          }
        }
      }
      return c
    }
  }

  /// Tiles of floats `[tiles][width][16]` as operands.
  func operands(_ x: [Float], tiles: Int, width: Int, _ table: grape_kernels) -> [UInt8] {
    let stride = (width + Self.block - 1) / Self.block * Self.tileBlock
    var out = [UInt8](repeating: 99, count: tiles * stride)
    x.withUnsafeBufferPointer { x in
      out.withUnsafeMutableBytes { out in
        for t in 0..<tiles {
          table.quantize(x.baseAddress! + t * width * 16, width, out.baseAddress! + t * stride)
        }
      }
    }
    return out
  }

  func scale(_ operands: [UInt8], tile: Int, block: Int, lane: Int, blocks: Int) -> Float {
    operands.withUnsafeBytes {
      $0.loadUnaligned(
        fromByteOffset: (tile * blocks + block) * Self.tileBlock + Self.block * 16 + lane * 4, as: Float.self)
    }
  }

  /// Whole numbers whose largest is 127 have the scale 1 and are their own codes: products are exact.
  @Test(arguments: names) func productsOfWholeNumbersAreExact(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 21)
    for (rows, tiles, width) in [(1, 1, 1), (3, 2, 5), (8, 3, 64), (13, 4, 100), (29, 5, 130), (64, 3, 576)] {
      var w = (0..<rows * width).map { _ in Float(Int.random(in: -127...127, using: &random)) }
      for row in 0..<rows { w[row * width] = row % 2 == 0 ? 127 : -127 }
      var x = (0..<tiles * width * 16).map { _ in Float(Int.random(in: -127...127, using: &random)) }
      // The largest sums that there can be, in the first rows and lanes.
      for k in 0..<width {
        w[k] = 127
        for lane in 0..<16 where k % Self.block == 0 || lane < 4 {
          x[k * 16 + lane] = lane % 2 == 0 ? 127 : -127
        }
        for tile in 1..<max(1, tiles) where k % Self.block == 0 {
          for lane in 0..<16 { x[tile * width * 16 + k * 16 + lane] = 127 }
        }
      }
      let weights = Weights(w, rows: rows, width: width, table)
      #expect(weights.scales.prefix(rows).allSatisfy { $0 == 1 })
      let groups = (rows + Self.group - 1) / Self.group
      let c = weights.multiply(
        operands(x, tiles: tiles, width: width, table), tiles: tiles, groups: 0..<groups, table)
      for t in 0..<tiles {
        for r in 0..<rows {
          for lane in 0..<16 {
            let exact = (0..<width).reduce(0) {
              $0 + Int(w[r * width + $1]) * Int(x[(t * width + $1) * 16 + lane])
            }
            #expect(c[(t * groups * Self.group + r) * 16 + lane] == Float(exact))
          }
        }
      }
    }
  }

  /// Codes and scales as they are defined, and products of them, to the rounding of the sums over blocks.
  @Test(arguments: names) func productsAreThoseOfTheCodes(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 22)
    let (rows, tiles, width) = (11, 2, 200)
    let w = random.floats(rows * width), x = random.floats(tiles * width * 16).map { $0 * 7 }
    let weights = Weights(w, rows: rows, width: width, table)
    let input = operands(x, tiles: tiles, width: width, table), blocks = weights.blocks
    func code(_ t: Int, _ k: Int, _ lane: Int) -> Int {
      let block = (t * blocks + k / Self.block) * Self.tileBlock
      return Int(input[block + k % Self.block / 4 * 64 + lane * 4 + k % 4]) - 128
    }
    for r in 0..<rows {
      for k in 0..<width {
        let number = Float(weights.code(r, k)) * weights.scales[r]
        #expect(abs(number - w[r * width + k]) <= weights.scales[r] * 0.501)
      }
      for b in 0..<blocks {
        let codes = (b * Self.block..<(b + 1) * Self.block).map { weights.code(r, $0) }
        let group = (r / Self.group * blocks + b) * Self.group + r % Self.group
        #expect(Int(weights.sums[group]) == codes.reduce(0, +))
      }
    }
    let c = weights.multiply(input, tiles: tiles, groups: 0..<2, table)
    for t in 0..<tiles {
      for lane in 0..<16 {
        for k in 0..<width {
          let scale = scale(input, tile: t, block: k / Self.block, lane: lane, blocks: blocks)
          #expect(abs(Float(code(t, k, lane)) * scale - x[(t * width + k) * 16 + lane]) <= scale * 0.501)
        }
        for r in 0..<rows {
          var sum = 0.0, size = 0.0
          for k in 0..<width {
            let scale = scale(input, tile: t, block: k / Self.block, lane: lane, blocks: blocks)
            let product = Double(weights.code(r, k) * code(t, k, lane)) * Double(scale)
            sum += product
            size += abs(product)
          }
          let scale = Double(weights.scales[r])
          let error = abs(Double(c[(t * 16 + r) * 16 + lane]) - sum * scale)
          #expect(error <= 10 * KernelTests.epsilon * size * scale)
        }
      }
    }
  }

  /// The same bytes in every variant: a cache that one wrote serves the others.
  @Test(arguments: names) func codesAreThoseOfThePlainestKernels(_ name: String) throws {
    let table = try table(name), plain = try self.table(#require(Self.names.last))
    var random = SplitMix(seed: 23)
    for width in [1, 63, 64, 150] {
      // Numbers half-way between two codes among them.
      let floats = (0..<16 * width).map { i -> Float in
        i % 3 == 0 ? Float(Int.random(in: -254...254, using: &random)) / 2 : Float.random(in: -127...127)
      }
      #expect(
        operands(floats, tiles: 1, width: width, table) == operands(floats, tiles: 1, width: width, plain))
      #expect(
        Weights(floats, rows: 16, width: width, table) == Weights(floats, rows: 16, width: width, plain))
    }
  }

  /// A product's bits depend on its row and lane alone.
  @Test(arguments: names) func productsDoNotDependOnTheirCut(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 24)
    let (groups, tiles, width) = (5, 5, 192)
    let weights = Weights(random.floats(groups * 8 * width), rows: groups * 8, width: width, table)
    let x = operands(random.floats(tiles * width * 16), tiles: tiles, width: width, table)
    let whole = weights.multiply(x, tiles: tiles, groups: 0..<groups, table)
    for group in 0..<groups {
      for tile in 0..<tiles {
        let one = weights.multiply(x, tiles: 1, groups: group..<group + 1, firstTile: tile, table)
        let start = (tile * groups + group) * Self.group * 16
        #expect(Array(whole[start..<start + Self.group * 16]) == one)
      }
    }
  }

  /// Sums may be added to what is there, and rows behind the last one are left alone.
  @Test(arguments: names) func productsAreAddedWhereTheyBelong(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 26)
    let (rows, tiles, width) = (11, 3, 70)
    let weights = Weights(random.floats(rows * width), rows: rows, width: width, table)
    let x = operands(random.floats(tiles * width * 16), tiles: tiles, width: width, table)
    let start = random.floats(tiles * 16 * 16)
    let set = weights.multiply(x, tiles: tiles, groups: 0..<2, rows: rows, into: start, table)
    let added = weights.multiply(
      x, tiles: tiles, groups: 0..<2, rows: rows, into: start, by: GRAPE_UPDATE_ADD, table)
    for i in start.indices {
      let isRow = i / 16 % 16 < rows
      if !isRow { #expect(set[i] == start[i]) }
      #expect(added[i] == (isRow ? start[i] + set[i] : start[i]))
    }
    #expect(set != start)
  }

  /// What is not finite stays so in its own lane and row; nothing else is touched.
  @Test(arguments: names) func numbersThatAreNotFinite(_ name: String) throws {
    let table = try table(name)
    var random = SplitMix(seed: 25)
    let width = 70
    var x = random.floats(width * 16)
    x[3 * 16 + 2] = .nan
    x[68 * 16 + 5] = -.infinity
    for k in 0..<width { x[k * 16 + 7] = 0 }
    var w = random.floats(8 * width)
    w[2 * width + 69] = .infinity
    w[4 * width] = .nan
    for k in 0..<width { w[5 * width + k] = 0 }
    let c = Weights(w, rows: 8, width: width, table).multiply(
      operands(x, tiles: 1, width: width, table), tiles: 1, groups: 0..<1, table)
    for r in 0..<8 {
      for lane in 0..<16 {
        let number = c[r * 16 + lane]
        if [2, 4].contains(r) || [2, 5].contains(lane) {
          #expect(!number.isFinite)
        } else if r == 5 || lane == 7 {
          #expect(number == 0)
        } else {
          #expect(number.isFinite && number != 0)
        }
      }
    }
  }
}
