/// Text in XML and HTML, where nothing in it can be taken for markup.
enum Markup {
  /// Text for the inside of an element or of a quoted attribute, in XML as well as in HTML.
  ///
  /// The five characters with a meaning become references. Characters that XML 1.0 does not allow in any
  /// form, and other control characters, become U+FFFD, and so do those that turn the direction of the text
  /// around them; of the white space, a carriage return is left out.
  static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      case "\t", "\n": result.append(scalar)
      case "\r": break
      default: result.append(isText(scalar) ? scalar : "\u{FFFD}")
      }
    }
    return String(result)
  }

  /// Whether a character is no control, of the direction either, and none of Unicode's noncharacters.
  private static func isText(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    return value >= 0x20 && !(0x7F...0x9F ~= value) && !(0xFDD0...0xFDEF ~= value)
      && !(0x202A...0x202E ~= value) && !(0x2066...0x2069 ~= value) && value & 0xFFFE != 0xFFFE
  }
}
