/// How a picked record stands in its group: what `grape-pick --explain` writes.
package struct Standing: Equatable, Sendable {
  /// 1 for the preferred candidate.
  package let rank: Int
  /// How much better it is than the next candidate, zero or more; nil for a group's last, and where chance decides.
  package let margin: Double?
  /// The number of candidates in the group, picked or not.
  package let candidates: Int

  package init(rank: Int, margin: Double?, candidates: Int) {
    self.rank = rank
    self.margin = margin
    self.candidates = candidates
  }
}

/// A record that has been picked: where its bytes are, and how it stands.
struct Pick: Equatable {
  let offset: Int
  let length: Int
  let standing: Standing
}

extension Pick: Spillable {
  func precedes(_ other: Pick) -> Bool { offset < other.offset }

  func encode(to bytes: inout [UInt8]) {
    append(UInt64(offset), to: &bytes)
    append(UInt64(length), to: &bytes)
    append(UInt64(standing.rank), to: &bytes)
    append((standing.margin ?? .nan).bitPattern, to: &bytes)
    append(UInt64(standing.candidates), to: &bytes)
  }

  init(decoding run: inout RunReader) throws {
    offset = Int(try run.word())
    length = Int(try run.word())
    let rank = Int(try run.word())
    let margin = Double(bitPattern: try run.word())
    let candidates = Int(try run.word())
    standing = Standing(rank: rank, margin: margin.isNaN ? nil : margin, candidates: candidates)
  }
}
