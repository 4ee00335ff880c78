/// The steps of normalizing, splitting and decoding in a compiled tokenizer, six numbers each: kind,
/// argument, and where the step's automaton lies among the transitions (first; states, or all numbers if it
/// is contextual) and its bytes among the step bytes (first, count).
struct StepTable {
  let transitions: UnsafeBufferPointer<UInt32>
  let runs: UnsafeBufferPointer<ByteRun>
  let bytes: UnsafeBufferPointer<UInt8>
  let classCount: Int

  static let width = 6

  /// One step's numbers.
  struct Row {
    var kind: Kind
    var argument: UInt32 = 0
    var firstTransition: UInt32 = 0
    var transitionCount: UInt32 = 0
    var bytes: [UInt8] = []
  }

  /// What kind of step a row is.
  enum Kind: UInt32 {
    // Normalizing.
    case form, replace, prepend, strip, lowercase, stripAccents, nmt, sentencePiece
    // Splitting.
    case split, prefixSpace, metaspace
    // Normalizing, splitting and decoding.
    case byteLevel
    // Decoding.
    case replaceString, byteFallback, fuse, stripCharacter, metaspaceMark, joinWithSpaces
  }

  /// Flags in the argument of a step with an automaton.
  static let invertedFlag: UInt32 = 16
  static let contextualFlag: UInt32 = 32

  /// The steps' rows; nil when some number leads outside.
  func rows(_ numbers: UnsafeBufferPointer<UInt32>) -> [Row]? {
    guard numbers.count.isMultiple(of: Self.width) else { return nil }
    var rows: [Row] = []
    for index in stride(from: 0, to: numbers.count, by: Self.width) {
      let first = Int(numbers[index + 4])
      let count = Int(numbers[index + 5])
      guard let kind = Kind(rawValue: numbers[index]), first + count <= bytes.count else { return nil }
      rows.append(
        Row(
          kind: kind, argument: numbers[index + 1], firstTransition: numbers[index + 2],
          transitionCount: numbers[index + 3], bytes: Array(bytes[first..<first + count])))
    }
    return rows
  }

  private func matcher(_ row: Row) -> TextMatcher? {
    let isContextual = row.argument & Self.contextualFlag != 0
    let stride = classCount + 1
    let first = Int(row.firstTransition)
    let length = Int(row.transitionCount) * (isContextual ? 1 : stride)
    guard first <= transitions.count, length <= transitions.count - first else { return nil }
    let table = UnsafeBufferPointer(rebasing: transitions[first..<first + length])
    if isContextual {
      return ContextualAutomaton(table, classCount: classCount).map(TextMatcher.contextual)
    }
    guard length >= 2 * stride else { return nil }
    return Automaton(table, stride: stride, runs: runs).map(TextMatcher.plain)
  }

  /// The steps of the pre-tokenizer; nil when some number leads outside.
  func splits(_ numbers: UnsafeBufferPointer<UInt32>) -> [SplitStep]? {
    guard let rows = rows(numbers) else { return nil }
    var steps: [SplitStep] = []
    for row in rows {
      switch row.kind {
      case .split:
        guard let matcher = matcher(row), let behavior = SplitBehavior(rawValue: row.argument & 15) else {
          return nil
        }
        steps.append(.split(matcher, behavior, inverted: row.argument & Self.invertedFlag != 0))
      case .prefixSpace: steps.append(.prefixSpace)
      case .metaspace:
        guard let prefix = MetaspacePrefix(rawValue: row.argument), isText(row.bytes), !row.bytes.isEmpty
        else { return nil }
        steps.append(.metaspace(row.bytes, prefix))
      case .byteLevel: steps.append(.byteLevel)
      default: return nil
      }
    }
    return steps
  }

  /// The steps of the normalizer; nil when some number leads outside.
  func normalizers(_ numbers: UnsafeBufferPointer<UInt32>) -> [NormalizerStage]? {
    guard let rows = rows(numbers) else { return nil }
    var stages: [NormalizerStage] = []
    for row in rows {
      switch row.kind {
      case .form:
        guard let form = NormalizationForm(rawValue: row.argument) else { return nil }
        stages.append(.form(form))
      case .replace:
        guard let matcher = matcher(row), isText(row.bytes) else { return nil }
        stages.append(.replace(matcher, row.bytes))
      case .prepend:
        guard isText(row.bytes) else { return nil }
        stages.append(.prepend(row.bytes))
      case .strip: stages.append(.strip(left: row.argument & 1 != 0, right: row.argument & 2 != 0))
      case .lowercase: stages.append(.lowercase)
      case .stripAccents: stages.append(.stripAccents)
      case .nmt: stages.append(.nmt)
      case .byteLevel: stages.append(.byteLevel)
      case .sentencePiece:
        guard let specification = SentencePieceNormalization(bytes: row.bytes) else { return nil }
        stages.append(.sentencePiece(SentencePieceNormalizer(specification)))
      default: return nil
      }
    }
    return stages
  }

  /// The steps of the decoder; nil when some number leads outside.
  func decoders(_ numbers: UnsafeBufferPointer<UInt32>) -> [DecoderStep]? {
    guard let rows = rows(numbers) else { return nil }
    var steps: [DecoderStep] = []
    for row in rows {
      switch row.kind {
      case .byteLevel: steps.append(.byteLevel)
      case .replaceString:
        let length = Int(row.argument)
        guard length > 0, length <= row.bytes.count else { return nil }
        steps.append(.replace(Array(row.bytes[..<length]), with: Array(row.bytes[length...])))
      case .byteFallback: steps.append(.byteFallback)
      case .fuse: steps.append(.fuse)
      case .stripCharacter:
        guard let character = Unicode.Scalar(row.argument) else { return nil }
        steps.append(
          .strip(character, start: Int(row.firstTransition), stop: Int(row.transitionCount)))
      case .metaspaceMark:
        guard let character = Unicode.Scalar(row.argument) else { return nil }
        steps.append(.metaspace(character, dropsFirst: row.firstTransition != 0))
      case .joinWithSpaces: steps.append(.joinWithSpaces)
      default: return nil
      }
    }
    return steps
  }

  /// Whether bytes are well-formed UTF-8, as all that gets into texts must be.
  private func isText(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { firstInvalidByte($0) == nil } }
}
