/// Text as HTML, which templates can ask for.
extension JinjaText {
  /// The text with what HTML gives a meaning escaped.
  var asMarkup: JinjaText {
    var result = mapParts { part in
      var escaped = ""
      for scalar in part.unicodeScalars {
        switch scalar {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "'": escaped += "&#39;"
        case "\"": escaped += "&#34;"
        default: escaped.unicodeScalars.append(scalar)
        }
      }
      return escaped
    }
    result.isMarkup = true
    return result
  }

  /// The two texts together; if one of them is HTML, the other is escaped.
  func joined(to other: JinjaText) -> JinjaText {
    let isMarkup = isMarkup || other.isMarkup
    var result = isMarkup && !self.isMarkup ? asMarkup : self
    result.append(isMarkup && !other.isMarkup ? other.asMarkup : other)
    result.isMarkup = isMarkup
    return result
  }
}
