/// The tensors of a checkpoint by role, their shapes checked against a configuration.
struct ResolvedTensors: Sendable {
  /// One matrix a slot, or one for each head.
  private(set) var slots: [TensorSlot: [Matrix]] = [:]
  /// The names of the tensors that are used.
  private(set) var names: Set<String> = []

  /// The output head is the token embedding.
  var isTied: Bool {
    slots[TensorSlot(role: .outputHead)]?.first?.tensor.name
      == slots[TensorSlot(role: .tokenEmbedding)]?.first?.tensor.name
  }

  fileprivate mutating func insert(_ slot: TensorSlot, _ matrices: [Matrix]) {
    slots[slot] = matrices
    for matrix in matrices {
      names.insert(matrix.tensor.name)
      if let scales = matrix.scales { names.insert(scales.name) }
    }
  }
}

extension TensorTable {
  /// Finds the tensors of a configuration under their names.
  ///
  /// With `isTied`, the token embedding and the output head stand in for each other where one is absent;
  /// where both are there, each is used, as transformers does.
  func resolve(
    _ configuration: ModelConfiguration, _ names: TensorNames, isTied: Bool
  ) throws(CheckpointError) -> ResolvedTensors {
    var resolved = ResolvedTensors()
    try configuration.forEachSlot { (slot, rows, width) throws(CheckpointError) in
      resolved.insert(slot, try matrices(slot, rows, width, configuration, names))
    }
    let embedding = TensorSlot(role: .tokenEmbedding), head = TensorSlot(role: .outputHead)
    let found = (
      name: { has(names.name($0)) }, shape: (configuration.vocabularySize, configuration.hiddenSize)
    )
    for (slot, other) in [(embedding, head), (head, embedding)] {
      let source = isTied && !found.name(slot) && found.name(other) ? other : slot
      resolved.insert(slot, try matrices(source, found.shape.0, found.shape.1, configuration, names))
    }
    return resolved
  }

  /// A slot's matrix, or those of its heads.
  private func matrices(
    _ slot: TensorSlot, _ rows: Int, _ width: Int, _ configuration: ModelConfiguration, _ names: TensorNames
  ) throws(CheckpointError) -> [Matrix] {
    if case .layer(let layer, let tensor) = slot.role, names.modules[tensor]?.name.contains("#") == true {
      // A vector for each head.
      let headSize = configuration.layers[layer].attention.headSize
      var heads: [Matrix] = []
      for head in 0..<rows / headSize {
        heads.append(try matrix(slot, head: head, headSize, width, configuration, names))
      }
      return heads
    }
    return [try matrix(slot, rows, width, configuration, names)]
  }

  private func matrix(
    _ slot: TensorSlot, head: Int = 0, _ rows: Int, _ width: Int, _ configuration: ModelConfiguration,
    _ names: TensorNames
  ) throws(CheckpointError) -> Matrix {
    let name = names.name(slot, head: head)
    let module = names.module(slot.role)
    let attention = slot.role.layer.map { configuration.layers[$0].attention }
    let (lines, lineCount) = Self.lines(module?.part ?? .whole, rows, attention)
    var stack: (index: Int, count: [Int]) = (0, [])
    if case .expert(let layer, let expert, _) = slot.role, let module, !module.name.contains("#"),
      let experts = configuration.layers[layer].feedForward.experts
    {
      stack = (expert, [experts.count])
    }
    if !slot.isBias, !has(name), let codes = try tensor(name + "_blocks") {
      return Matrix(
        tensor: codes, rows: rows, width: width, lines: lines, firstRow: stack.index * lineCount,
        isTransposed: false,
        scales: try scales(of: codes, name, shape: stack.count + [lineCount], width: width))
    }
    let isTransposed = module?.isTransposed == true && !slot.isBias
    let shape =
      stack.count + (isTransposed ? [width, lineCount] : width == 1 ? [lineCount] : [lineCount, width])
    guard let tensor = try tensor(name) else {
      throw CheckpointError(path, "expected tensor \(name), found none of that name")
    }
    guard Self.matches(tensor.shape, shape, isVector: width == 1) else {
      throw CheckpointError(tensor.path, "tensor \(name): expected shape \(shape), found \(tensor.shape)")
    }
    guard tensor.type != .u8, !isTransposed || tensor.type.blockLength == 1 else {
      throw CheckpointError(
        tensor.path, "tensor \(name): elements of type \(tensor.type.name) are not supported here")
    }
    return Matrix(
      tensor: tensor, rows: rows, width: width, lines: lines,
      firstRow: stack.index * (isTransposed ? width : lineCount), isTransposed: isTransposed, scales: nil)
  }

  /// The powers of two of transformers' MXFP4: `NAME_blocks` has 16 bytes for 32 elements, `NAME_scales` one.
  /// Both are `[out, in]` even where the plain tensor is transposed.
  private func scales(
    of codes: Tensor, _ name: String, shape: [Int], width: Int
  ) throws(CheckpointError) -> Tensor {
    guard let scales = try tensor(name + "_scales") else {
      throw CheckpointError(path, "expected tensor \(name)_scales, found none of that name")
    }
    let blocks = shape + [width / 32]
    guard width.isMultiple(of: 32), codes.type == .u8, scales.type == .u8, codes.shape == blocks + [16],
      scales.shape == blocks
    else {
      throw CheckpointError(
        codes.path,
        "tensor \(name): expected blocks U8 \(blocks + [16]) and scales U8 \(blocks), found "
          + "\(codes.type.name) \(codes.shape) and \(scales.type.name) \(scales.shape)")
    }
    return scales
  }

  /// Which lines of a tensor a part is, and how many lines the tensor has.
  private static func lines(
    _ part: TensorNames.Part, _ rows: Int, _ attention: AttentionConfiguration?
  ) -> (Matrix.Lines, count: Int) {
    let plain = Matrix.Lines(group: max(1, rows), stride: 0)
    guard let attention else { return (plain, rows) }
    let queries = attention.headCount * attention.headSize
    let keys = attention.keyValueHeadCount * attention.headSize
    return switch part {
    case .whole: (plain, rows)
    case .query: (plain, queries + 2 * keys)
    case .key: (Matrix.Lines(first: queries, group: rows, stride: 0), queries + 2 * keys)
    case .value: (Matrix.Lines(first: queries + keys, group: rows, stride: 0), queries + 2 * keys)
    case .headThird(let third):
      (
        Matrix.Lines(
          first: third * attention.headSize, group: attention.headSize, stride: 3 * attention.headSize),
        3 * rows
      )
    case .half(let half): (Matrix.Lines(first: half * rows, group: rows, stride: 0), 2 * rows)
    case .alternate(let first): (Matrix.Lines(first: first, group: 1, stride: 2), 2 * rows)
    }
  }

  /// Whether a tensor has a shape, but for leading axes of length 1; a vector may have any axes.
  private static func matches(_ found: [Int], _ expected: [Int], isVector: Bool) -> Bool {
    if found == expected { return true }
    if isVector { return found.reduce(1, *) == expected.reduce(1, *) }
    return found.drop { $0 == 1 } == expected.drop { $0 == 1 }
  }
}
