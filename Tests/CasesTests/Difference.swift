/// A readable comparison of two texts by lines: what is missing with `-`, what is not expected with `+`.
///
/// Unchanged lines are shown only next to changed ones. Empty when the texts are equal.
func difference(expected: String, actual: String) -> String {
  guard expected != actual else { return "" }
  let old = expected.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let new = actual.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  let changes = new.difference(from: old)
  let removed = Set(changes.removals.map(offset))
  let inserted = Set(changes.insertions.map(offset))
  var lines: [(mark: Character, text: String)] = []
  var (i, j) = (0, 0)
  while i < old.count || j < new.count {
    if i < old.count, removed.contains(i) {
      lines.append(("-", old[i]))
      i += 1
    } else if j < new.count, inserted.contains(j) {
      lines.append(("+", new[j]))
      j += 1
    } else {
      lines.append((" ", old[i]))
      (i, j) = (i + 1, j + 1)
    }
  }
  let context = 2
  let shown = lines.indices.filter { index in
    lines[max(0, index - context)..<min(lines.count, index + context + 1)].contains { $0.mark != " " }
  }
  return shown.prefix(60).map { "\(lines[$0].mark) \(visible(lines[$0].text))\n" }.joined()
}

private func offset(_ change: CollectionDifference<String>.Change) -> Int {
  switch change {
  case .insert(let offset, _, _), .remove(let offset, _, _): offset
  }
}

/// Control characters by their codes, long lines cut.
private func visible(_ line: String) -> String {
  let text = line.unicodeScalars.map { $0.value < 32 ? "\\u{\(String($0.value, radix: 16))}" : String($0) }
  return text.count > 400 ? text.prefix(400).joined() + "…" : text.joined()
}
