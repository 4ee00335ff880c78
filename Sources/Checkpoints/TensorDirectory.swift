import Streams

/// The tensors of one file while its header is read: checks each entry against the file,
/// and all against each other.
struct TensorDirectory {
  private let file: MappedFile
  private let data: Range<Int>
  private var tensors: [String: Tensor] = [:]
  private var unsupported: [String: String] = [:]
  private var ranges: [(range: Range<Int>, name: String)] = []

  /// A directory of `file`, whose tensors' elements lie from `dataStart` to the end.
  init(_ file: MappedFile, dataStart: Int) {
    self.file = file
    data = min(dataStart, file.bytes.count)..<file.bytes.count
  }

  private func error(_ name: String, _ reason: String) -> CheckpointError {
    CheckpointError(file.path, "tensor \(name): \(reason)")
  }

  /// Adds a tensor of a type that cannot be read: an error only when it is asked for.
  mutating func addUnsupported(_ name: String, type: String) throws(CheckpointError) {
    guard tensors[name] == nil, unsupported.updateValue(type, forKey: name) == nil else {
      throw error(name, "occurs twice")
    }
  }

  /// Adds a tensor with a header's values, whatever they are: `shape` outermost axis first, `begin` and,
  /// when the file gives it, `end` of the elements, counted from the beginning of the data.
  mutating func add(
    _ name: String, type: ElementType, shape: [Int], begin: UInt64, end: UInt64?
  ) throws(CheckpointError) {
    guard Tensor.count(of: shape) != nil else {
      throw error(name, "the shape \(shape) has too many elements")
    }
    guard (shape.last ?? 1).isMultiple(of: type.blockLength) else {
      let row = shape.last ?? 1
      throw error(
        name, "expected rows of a multiple of \(type.blockLength) \(type.name) elements, found \(row)")
    }
    guard let byteCount = Tensor.count(of: shape).flatMap(type.byteCount) else {
      throw error(name, "the shape \(shape) has too many elements")
    }
    let (computedEnd, overflow) = begin.addingReportingOverflow(UInt64(byteCount))
    if let end, overflow || end != computedEnd {
      throw error(
        name, "\(type.name) \(shape) takes \(byteCount) bytes, found the data range \(begin)..<\(end)")
    }
    guard !overflow, computedEnd <= UInt64(data.count) else {
      let range = "\(begin)..<\(overflow ? "2^64" : String(computedEnd))"
      throw error(name, "data range \(range) is outside the file's \(data.count) bytes of data")
    }
    let start = data.lowerBound + Int(begin)
    let range = start..<start + byteCount
    let tensor = Tensor(name: name, type: type, shape: shape, range: range, in: file)
    guard unsupported[name] == nil, tensors.updateValue(tensor, forKey: name) == nil else {
      throw error(name, "occurs twice")
    }
    if byteCount > 0 { ranges.append((range, name)) }
  }

  /// The tensors, and the types of the unsupported ones by name, once no two of them
  /// are known to share bytes.
  func finish() throws(CheckpointError) -> (tensors: [String: Tensor], unsupported: [String: String]) {
    let sorted = ranges.sorted { $0.range.lowerBound < $1.range.lowerBound }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.range.upperBound > next.range.lowerBound {
      throw error(next.name, "its data overlap those of tensor \(one.name)")
    }
    return (tensors, unsupported)
  }
}
