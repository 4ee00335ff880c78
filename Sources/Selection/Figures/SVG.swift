/// Collects the elements of a picture.
///
/// Coordinates are in pixels of the view box, with one decimal. Text is escaped here and nowhere else.
/// The looks of a class are in `FigureStyle`.
struct SVG {
  enum Anchor: String { case start, middle, end }

  private(set) var body = ""

  /// A coordinate as attributes have it; what is not finite becomes 0.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let tenths = Int((min(max(value, -1e6), 1e6) * 10).rounded())
    let (whole, part) = (tenths.magnitude / 10, tenths.magnitude % 10)
    return (tenths < 0 ? "-" : "") + String(whole) + (part == 0 ? "" : "." + String(part))
  }

  static func point(_ x: Double, _ y: Double) -> String { number(x) + "," + number(y) }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: StaticString) {
    path("M\(SVG.point(x1, y1))L\(SVG.point(x2, y2))", style)
  }

  mutating func path(_ data: String, _ style: StaticString) {
    body += "<path class=\"\(style)\" d=\"\(data)\"/>\n"
  }

  mutating func rectangle(
    _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ style: StaticString
  ) {
    body += "<rect class=\"\(style)\" x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\" "
    body += "width=\"\(SVG.number(max(width, 0)))\" height=\"\(SVG.number(max(height, 0)))\"/>\n"
  }

  mutating func dot(_ x: Double, _ y: Double, radius: Double, _ style: StaticString) {
    body +=
      "<circle class=\"\(style)\" cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"\(SVG.number(radius))\"/>\n"
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ style: StaticString, _ anchor: Anchor = .start,
    isVertical: Bool = false
  ) {
    let turn = isVertical ? " transform=\"rotate(-90 \(SVG.number(x)) \(SVG.number(y)))\"" : ""
    body += "<text class=\"\(style)\" x=\"\(SVG.number(x))\" y=\"\(SVG.number(y))\""
    body += " text-anchor=\"\(anchor.rawValue)\"\(turn)>\(Markup.escaped(text))</text>\n"
  }

  /// Elements that belong together, with a title that is shown where the pointer rests.
  mutating func group(_ title: String, _ content: (inout SVG) -> Void) {
    body += "<g><title>\(Markup.escaped(title))</title>\n"
    content(&self)
    body += "</g>\n"
  }
}
