/// Changes to a record's `grape` member: fields to set and fields to drop. Fields it does not name are kept as they are.
///
/// One edit is reused for many records, so that it allocates no more after the first ones.
///
///     edit.removeAll()
///     edit.drop("tokens")
///     edit.set("score", -0.25)
///     edit.append(record: member, to: &bytes)
package struct GrapeEdit {
  /// The new fields: `"name":value`, with commas between them.
  private var fields = JSONWriter()

  /// The names of fields that are set or dropped; what the member says of them now goes.
  private var names: [StaticString] = []

  package init() {}

  /// Makes it an edit that changes nothing, to begin again.
  package mutating func removeAll() {
    fields.bytes.removeAll(keepingCapacity: true)
    names.removeAll(keepingCapacity: true)
  }

  /// Removes the field called `name` if the member has it.
  package mutating func drop(_ name: StaticString) { names.append(name) }

  /// Sets the field called `name`, which must not have been set before, to what `write` writes: one JSON value.
  package mutating func set(_ name: StaticString, _ write: (inout JSONWriter) -> Void) {
    beginField(name)
    write(&fields)
  }

  package mutating func set(_ name: StaticString, _ value: Double) { set(name) { $0.double(value) } }

  package mutating func set(_ name: StaticString, _ value: Int) { set(name) { $0.int(value) } }

  package mutating func set(_ name: StaticString, _ value: Bool) { set(name) { $0.bool(value) } }

  package mutating func set(_ name: StaticString, _ value: String) { set(name) { $0.string(value) } }

  package mutating func set(_ name: StaticString, _ values: [UInt32]) { set(name) { $0.array(values) } }

  package mutating func set(_ name: StaticString, _ values: some Sequence<some FixedWidthInteger>) {
    set(name) { writer in
      writer.beginArray()
      for value in values { writer.int(Int(value)) }
      writer.endArray()
    }
  }

  /// A string of valid UTF-8.
  package mutating func set(_ name: StaticString, utf8 value: [UInt8]) { set(name) { $0.string(value) } }

  package mutating func set(_ name: StaticString, ranges: [Range<Int>]) {
    set(name) { writer in
      writer.beginArray()
      for range in ranges { writer.range(range) }
      writer.endArray()
    }
  }

  private mutating func beginField(_ name: StaticString) {
    names.append(name)
    fields.name(name)
  }

  /// Appends the record that `member` belongs to, with its `grape` member changed, or added before the closing brace,
  /// and every other byte as it is.
  package func append(record member: GrapeMember, to bytes: inout [UInt8]) {
    let (head, needsComma, tail) = member.recordAroundMember
    bytes.append(contentsOf: head)
    if needsComma { bytes.append(ASCII.comma) }
    appendMember(replacing: member.value, to: &bytes)
    bytes.append(contentsOf: tail)
  }

  /// Appends `"grape":{…}`: the fields of `old` that stay, then the new ones.
  private func appendMember(replacing old: JSONValue?, to bytes: inout [UInt8]) {
    bytes.append(contentsOf: #""grape":{"#.utf8)
    var isFirst = true
    if let old {
      for field in old.members where !names.contains(where: field.key.equals) {
        if !isFirst { bytes.append(ASCII.comma) }
        isFirst = false
        bytes.append(contentsOf: field.key.raw)
        bytes.append(ASCII.colon)
        bytes.append(contentsOf: field.value.raw)
      }
    }
    if !fields.bytes.isEmpty {
      if !isFirst { bytes.append(ASCII.comma) }
      bytes.append(contentsOf: fields.bytes)
    }
    bytes.append(ASCII.rightBrace)
  }
}
