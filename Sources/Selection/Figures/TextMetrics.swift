/// How wide text will be drawn, without knowing the font: by the widths of Helvetica,
/// with room for wider ones.
enum TextMetrics {
  /// Thousandths of the font size for U+0020 to U+007E: of Helvetica by Adobe's AFM, signs as in wider fonts.
  private static let widths: [Double] = [
    278, 350, 400, 730, 556, 889, 700, 240, 340, 340, 440, 730, 278, 333, 278, 300, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 300, 300, 730, 730, 730, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 560, 300, 560, 730,
  ]

  /// DejaVu Sans, the widest of the usual fonts, is about so much wider.
  private static let allowance = 1.15

  /// A bound for the width in pixels of text of a font size in pixels.
  static func width(_ text: some Sequence<Unicode.Scalar>, size: Double) -> Double {
    text.reduce(0) { $0 + width($1) } * size * allowance / 1000
  }

  private static func width(_ scalar: Unicode.Scalar) -> Double {
    let index = Int(scalar.value) - 0x20
    return widths.indices.contains(index) ? widths[index] : 620 * Double(scalar.columns)
  }

  /// The text in at most `width` pixels; an ellipsis shows where it was cut.
  static func fitted(_ text: String, width limit: Double, size: Double) -> String {
    // No name needs as many characters as this, and marks that combine take no room at all.
    let scalars = text.unicodeScalars.prefix(400)
    guard scalars.count < text.unicodeScalars.count || width(scalars, size: size) > limit else { return text }
    var view = String.UnicodeScalarView()
    let ellipsis: Unicode.Scalar = "…"
    var used = width([ellipsis], size: size)
    for scalar in scalars {
      used += width([scalar], size: size)
      if used > limit { break }
      view.append(scalar)
    }
    while view.last == " " { view.removeLast() }
    view.append(ellipsis)
    return String(view)
  }
}
