extension Unicode.Scalar {
  /// The columns that a terminal gives to the character: none to what combines with the one before, two to
  /// those that Unicode's annex 11 calls wide (by blocks), otherwise one.
  var columns: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}

extension String {
  /// The columns that a terminal gives to the text.
  var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

  /// Blanks before the text, to fill `width` columns.
  func padded(left width: Int) -> String { String(repeating: " ", count: max(0, width - columns)) + self }

  /// Blanks behind the text, to fill `width` columns.
  func padded(right width: Int) -> String { self + String(repeating: " ", count: max(0, width - columns)) }

  var withoutTrailingBlanks: String { String(reversed().drop { $0 == " " }.reversed()) }

  /// The text in at most `width` columns (an ellipsis shows where it was cut), with
  /// `?` for control characters.
  func fitted(_ width: Int) -> String {
    let scalars = unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
    guard scalars.reduce(0, { $0 + $1.columns }) > width else {
      return String(String.UnicodeScalarView(scalars))
    }
    var view = String.UnicodeScalarView()
    var used = 3
    for scalar in scalars {
      used += scalar.columns
      if used > width { break }
      view.append(scalar)
    }
    return String(view) + "..."
  }
}
