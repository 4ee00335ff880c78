import Streams
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
  func append(_ text: UnsafeRawBufferPointer, to bytes: inout ByteBuffer) {
    let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
      let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return }
    var trimmed = String(scalars[first...last])
    trimmed.withUTF8 { form.append(UnsafeRawBufferPointer($0), to: &bytes) }
  }
}
