import CKernels
import Checkpoints
import Streams

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A mixture of experts (Shazeer et al., arXiv 1701.06538): a router chooses some feed-forwards for each
/// token and weighs their outputs.
///
/// The tokens of an expert are gathered into tiles of their own. What a token gets is computed from its own
/// lane alone and summed in the order of its choices, so that it does not depend on the tokens beside it.
struct Experts: Sendable {
  let configuration: ExpertsConfiguration
  /// `[experts, hidden]`, multiplied in single precision: a rounded logit may choose another expert.
  let router: WeightMatrix
  let experts: [FeedForward]
  let shared: Shared?

  /// An expert that every token goes through, and the vector whose product's sigmoid weighs it.
  struct Shared: Sendable {
    let weights: FeedForward
    let router: WeightMatrix
  }

  var matrices: [WeightMatrix] {
    [router] + experts.flatMap(\.matrices) + (shared.map { $0.weights.matrices + [$0.router] } ?? [])
  }

  /// Memory for the tokens of all experts, reused by every layer.
  final class Buffers: @unchecked Sendable {
    let logits = TileBuffer()
    let sharedLogits = TileBuffer()
    let input = TileBuffer()
    let hidden = TileBuffer()
    let output = TileBuffer()
  }

  /// Adds scale times the mixture to y.
  ///
  /// - Parameters:
  ///   - input: the normalised tokens in the form of the products.
  ///   - plain: the same in single precision.
  ///   - count: tokens; they fill the tiles from the first lane on.
  func add(
    to y: FloatTiles, _ input: OperandTiles, plain: OperandTiles, count: Int, scale: Float,
    _ projector: Projector, _ buffers: Buffers
  ) {
    let tiles = FloatTiles.tiles(for: count)
    let logits = FloatTiles(buffers.logits, width: router.rows, tiles: tiles)
    projector.inSinglePrecision.project([.init(matrix: router, y: logits, tiles: 0..<tiles)], plain)
    let routes = Routes(logits, count: count, configuration, projector.workers)

    let gathered = OperandTiles(
      buffers.input, form: input.form, width: input.originalWidth, tiles: routes.tiles)
    let kernels = projector.kernels
    projector.workers.run(routes.tiles) { tile, _ in
      let rows = routes.rows(ofTile: tile)
      rows.withUnsafeBufferPointer {
        guard let base = $0.baseAddress else { return }
        kernels.table.pointee.collect(
          input.base, input.units, base, rows.count, input.units, gathered[tile, 0])
      }
    }
    let jobs = routes.tilesOfExpert.enumerated().compactMap { expert, tiles in
      tiles.isEmpty ? nil : FeedForward.Job(weights: experts[expert], tiles: tiles)
    }
    let output = run(jobs, gathered, tiles: routes.tiles, width: y.width, projector, buffers)
    projector.workers.run(tiles) { tile, _ in
      for lane in 0..<min(FloatTiles.lanes, count - tile * FloatTiles.lanes) {
        for route in routes.routes(ofRow: tile * FloatTiles.lanes + lane) {
          kernels.table.pointee.add_lane(
            output[route.slot / FloatTiles.lanes, 0] + route.slot % FloatTiles.lanes, route.weight * scale,
            y.width, y[tile, 0] + lane)
        }
      }
    }
    if let shared { add(shared, to: y, input, plain: plain, count: count, scale: scale, projector, buffers) }
  }

  private func run(
    _ jobs: [FeedForward.Job], _ input: OperandTiles, tiles: Int, width: Int, _ projector: Projector,
    _ buffers: Buffers
  ) -> FloatTiles {
    let size = jobs.first?.weights.up.rows ?? 0
    let hidden = OperandTiles(buffers.hidden, form: input.form, width: size, tiles: tiles)
    FeedForward.activate(jobs, input, into: hidden, projector)
    let output = FloatTiles(buffers.output, width: width, tiles: tiles)
    projector.project(jobs.map { .init(matrix: $0.weights.down, y: output, tiles: $0.tiles) }, hidden)
    return output
  }

  private func add(
    _ shared: Shared, to y: FloatTiles, _ input: OperandTiles, plain: OperandTiles, count: Int, scale: Float,
    _ projector: Projector, _ buffers: Buffers
  ) {
    let tiles = FloatTiles.tiles(for: count), lanes = FloatTiles.lanes
    let logits = FloatTiles(buffers.sharedLogits, width: 1, tiles: tiles)
    projector.inSinglePrecision.project([.init(matrix: shared.router, y: logits, tiles: 0..<tiles)], plain)
    let output = run(
      [.init(weights: shared.weights, tiles: 0..<tiles)], input, tiles: tiles, width: y.width, projector,
      buffers)
    let kernels = projector.kernels
    projector.workers.run(tiles) { tile, _ in
      for lane in 0..<lanes {
        let weight = 1 / (1 + exp(-Double(logits[tile, 0][lane])))
        kernels.table.pointee.add_lane(
          output[tile, 0] + lane, Float(weight) * scale, y.width, y[tile, 0] + lane)
      }
    }
  }
}

/// Which experts each token goes through, and where it stands among an expert's tokens.
private struct Routes: @unchecked Sendable {
  struct Route {
    let expert: Int
    let weight: Float
    /// Lane among all experts' tiles.
    var slot = 0
  }

  /// The tiles of each expert, end to end.
  let tilesOfExpert: [Range<Int>]
  private let routes: [Route]
  private let chosenCount: Int
  /// The row in each slot; -1 in those that stay empty.
  private let rowOfSlot: [Int32]

  var tiles: Int { tilesOfExpert.last?.upperBound ?? 0 }

  func routes(ofRow row: Int) -> ArraySlice<Route> { routes[row * chosenCount..<(row + 1) * chosenCount] }

  /// The rows in the lanes of a tile.
  func rows(ofTile tile: Int) -> [Int32] {
    Array(rowOfSlot[tile * FloatTiles.lanes..<(tile + 1) * FloatTiles.lanes].prefix { $0 >= 0 })
  }

  init(_ logits: FloatTiles, count: Int, _ configuration: ExpertsConfiguration, _ workers: Workers) {
    let chosenCount = configuration.chosenCount
    var routes = [Route](repeating: Route(expert: 0, weight: 0), count: count * chosenCount)
    routes.withUnsafeMutableBufferPointer { routes in
      nonisolated(unsafe) let routes = routes
      workers.run(FloatTiles.tiles(for: count)) { tile, _ in
        var column = [Float](repeating: 0, count: configuration.count)
        for row in tile * FloatTiles.lanes..<min(count, (tile + 1) * FloatTiles.lanes) {
          let lane = logits[tile, 0] + row % FloatTiles.lanes
          for expert in column.indices { column[expert] = lane[expert * FloatTiles.lanes] }
          for (place, route) in Self.choose(column, configuration).enumerated() {
            routes[row * chosenCount + place] = route
          }
        }
      }
    }
    var counts = [Int](repeating: 0, count: configuration.count)
    for route in routes { counts[route.expert] += 1 }
    var tilesOfExpert: [Range<Int>] = []
    for count in counts {
      let start = tilesOfExpert.last?.upperBound ?? 0
      tilesOfExpert.append(start..<start + FloatTiles.tiles(for: count))
    }
    var next = tilesOfExpert.map { $0.lowerBound * FloatTiles.lanes }
    var rowOfSlot = [Int32](
      repeating: -1, count: (tilesOfExpert.last?.upperBound ?? 0) * FloatTiles.lanes)
    for index in routes.indices {
      let expert = routes[index].expert
      routes[index].slot = next[expert]
      rowOfSlot[next[expert]] = Int32(index / chosenCount)
      next[expert] += 1
    }
    self.routes = routes
    self.chosenCount = chosenCount
    self.tilesOfExpert = tilesOfExpert
    self.rowOfSlot = rowOfSlot
  }

  /// The experts of the largest logits, the first of equal ones, and their weights; from the largest down.
  private static func choose(_ logits: [Float], _ configuration: ExpertsConfiguration) -> [Route] {
    var chosen: [Int] = []
    for _ in 0..<configuration.chosenCount {
      var best: Int?
      for expert in logits.indices where !chosen.contains(expert) {
        if best.map({ logits[expert] > logits[$0] }) ?? true { best = expert }
      }
      if let best { chosen.append(best) }
    }
    let most = Double(logits[chosen[0]])
    let powers = chosen.map { exp(Double(logits[$0]) - most) }
    let sum =
      switch configuration.weighting {
      case .softmaxOfChosen: powers.reduce(0, +)
      case .softmaxOfAll: logits.reduce(0) { $0 + exp(Double($1) - most) }
      }
    return zip(chosen, powers).map { Route(expert: $0, weight: Float($1 / sum)) }
  }
}
