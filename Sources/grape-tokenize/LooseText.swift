import Tokenization

/// Texts as they are compared with `--group-loosely`: in Normalization Form C,
/// without white space around them.
struct LooseText {
  private let form: ComposedForm

  init?() {
    guard let form = ComposedForm() else { return nil }
    self.form = form
  }

  /// Appends what a text, in UTF-8, is compared as.
  func append(_ text: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return }
    form.append(Array(String(scalars[first...last]).utf8)[...], to: &bytes)
  }
}
