import Streams

extension GrapeMember {
  /// Appends the record that the member belongs to, with fields of the member replaced, or the
  /// member added before the closing brace, and every other byte as it is. Fields that are not
  /// named are kept, and come first.
  ///
  ///     member.appendRecord(replacing: ["tokens", "score"], to: &bytes) { writer in
  ///       writer.name("score")
  ///       writer.double(-0.25)
  ///     }
  ///
  /// - Parameters:
  ///   - names: the fields that go; those that are written are among them.
  ///   - writeFields: writes the new fields, names and values.
  package func appendRecord(
    replacing names: [StaticString], to bytes: inout ByteBuffer, _ writeFields: (inout JSONWriter) -> Void
  ) {
    let (head, needsComma, tail) = recordAroundMember
    bytes.append(head)
    if needsComma { bytes.append(ASCII.comma) }
    bytes.append(literal: #""grape":{"#)
    // The writer has the bytes for as long as it writes.
    var writer = JSONWriter(bytes)
    if let value {
      for field in value.members where !names.contains(where: field.key.equals) {
        writer.member(field.key, field.value)
      }
    }
    writeFields(&writer)
    writer.endObject()
    bytes = writer.finish()
    bytes.append(tail)
  }
}
