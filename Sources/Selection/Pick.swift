/// How a picked record stands in its group: what `grape-pick --explain` writes.
package struct Standing: Equatable, Sendable {
  /// 1 for the preferred candidate.
  package let rank: Int
  /// How much better it is than the next candidate, zero or more; nil for a group's last, and where
  /// something else than values decides.
  package let margin: Double?
  /// The number of candidates in the group, picked or not.
  package let candidates: Int

  package init(rank: Int, margin: Double?, candidates: Int) {
    self.rank = rank
    self.margin = margin
    self.candidates = candidates
  }
}

/// A record that has been picked: what and where it is, and how it stands.
struct Pick: Equatable {
  let contender: Contender
  let standing: Standing
}

/// Picks in the order of the input.
extension Pick: Spillable {
  func precedes(_ other: Pick) -> Bool { contender.offset < other.contender.offset }

  func encode(to bytes: inout [UInt8]) {
    contender.encode(to: &bytes)
    append(UInt64(standing.rank), to: &bytes)
    append((standing.margin ?? .nan).bitPattern, to: &bytes)
    append(UInt64(standing.candidates), to: &bytes)
  }

  init(decoding run: inout RunReader) throws {
    contender = try Contender(decoding: &run)
    let rank = Int(try run.word())
    let margin = Double(bitPattern: try run.word())
    let candidates = Int(try run.word())
    standing = Standing(rank: rank, margin: margin.isNaN ? nil : margin, candidates: candidates)
  }
}
