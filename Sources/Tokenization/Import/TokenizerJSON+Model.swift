import Records

extension TokenizerJSON {
  mutating func readModel(_ model: JSONValue) throws(TokenizerError) {
    let untyped = model.present("vocab")?.kind == .array ? "Unigram" : "without a type"
    let kind = model.present("type")?.string ?? (model.present("merges") != nil ? "BPE" : untyped)
    switch kind {
    case "BPE": try readMergeModel(model)
    case "Unigram": try readUnigram(model)
    default: throw .unsupported("model \(kind)")
    }
  }

  // MARK: Byte pair encoding

  private mutating func readMergeModel(_ model: JSONValue) throws(TokenizerError) {
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = model.present(key: name), !affix.isEmptyString {
        throw .unsupported("\(name) of the model")
      }
    }
    definition.ignoresMerges = model.present("ignore_merges")?.bool ?? false
    definition.byteFallback = model.present("byte_fallback")?.bool ?? false
    definition.fusesUnknown = model.present("fuse_unk")?.bool ?? false
    guard let vocabulary = model.present("vocab"), vocabulary.kind == .object else {
      throw .malformed("the model has no vocabulary")
    }
    var string: [UInt8] = []
    for (key, value) in vocabulary.members {
      string.removeAll(keepingCapacity: true)
      key.appendString(to: &string)
      guard let id = value.int else { throw .malformed("the id of token \(key.shown) is not an integer") }
      try definition.vocabulary.insert(string, id: id)
    }
    if let unknown = model.present("unk_token")?.stringBytes, !unknown.isEmpty {
      definition.unknown = definition.vocabulary.id(of: unknown)
      if definition.unknown == nil, !hasAllBytes {
        throw .malformed(
          "the vocabulary has not the unk_token '\(String(decoding: unknown, as: UTF8.self))'")
      }
    }
    try readMerges(model.present("merges"))
  }

  /// Whether every byte has a token that `ByteLevel` spells it by.
  var hasAllBytes: Bool {
    (UInt8.min...UInt8.max).allSatisfy { definition.vocabulary.id(of: ByteLevel.string(of: $0)) != nil }
  }

  /// Merges are pairs, or, in older files, strings with a space between the two.
  private mutating func readMerges(_ merges: JSONValue?) throws(TokenizerError) {
    guard let merges, merges.kind == .array else { throw .malformed("the model has no list of merges") }
    definition.merges.reserveCapacity(merges.count)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for merge in merges.elements {
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      if merge.kind == .string {
        merge.appendString(to: &left)
        if left.starts(with: "#version".utf8) { continue }
        guard let space = left.firstIndex(of: 0x20) else {
          throw .malformed("merge \(merge.shown) is not a pair")
        }
        right += left[(space + 1)...]
        left.removeSubrange(space...)
        guard !right.contains(0x20) else { throw .malformed("merge \(merge.shown) is not a pair") }
      } else {
        guard merge.count == 2, let first = merge.element(0), first.kind == .string,
          let second = merge.element(1), second.kind == .string
        else { throw .malformed("merge \(merge.shown) is not a pair") }
        first.appendString(to: &left)
        second.appendString(to: &right)
      }
      try definition.appendMerge(left, right)
    }
  }

  // MARK: Unigram

  /// The vocabulary is a list of pairs of a token and its score; the id is the place. Of
  /// equal tokens the last is found.
  private mutating func readUnigram(_ model: JSONValue) throws(TokenizerError) {
    guard let vocabulary = model.present("vocab"), vocabulary.kind == .array else {
      throw .malformed("the model has no vocabulary")
    }
    definition.spelling = .characters
    definition.byteFallback = model.present("byte_fallback")?.bool ?? false
    definition.fusesUnknown = true
    var scores: [Double] = []
    for (id, item) in vocabulary.elements.enumerated() {
      guard let string = item.element(0)?.stringBytes, let score = item.element(1)?.double, score.isFinite
      else {
        throw .malformed("token \(id) of the vocabulary is not a pair of a string and a score")
      }
      try definition.vocabulary.insert(string, id: id, replacing: true)
      scores.append(score)
    }
    definition.model = .unigram(
      UnigramScores(tokens: scores, unknown: (scores.min() ?? 0) - 10, isSingle: false))
    if let unknown = model.present("unk_id") {
      guard let id = unknown.int, scores.indices.contains(id) else {
        throw .malformed("unk_id is not the id of a token")
      }
      definition.unknown = UInt32(id)
    }
  }
}
