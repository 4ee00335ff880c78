/// Makes text of token strings by a tokenizer's decoding steps, as Hugging Face tokenizers do.
struct TokenDecoder {
  let steps: [DecoderStep]
  /// Whether the text of tokens is their strings one after another: the only step is `byteLevel` and the strings have
  /// been through it.
  let isConcatenation: Bool

  /// The text of tokens.
  ///
  /// - Parameter strings: the tokens' strings.
  /// - Returns: its bytes. They are text unless the last step is `byteLevel`.
  func decode(_ strings: [[UInt8]]) -> [UInt8] {
    var strings = strings
    for (index, step) in steps.enumerated() {
      strings = apply(step, strings, isLast: index == steps.count - 1)
    }
    return Array(strings.joined())
  }

  private func apply(_ step: DecoderStep, _ strings: [[UInt8]], isLast: Bool) -> [[UInt8]] {
    switch step {
    case .byteLevel:
      let bytes = strings.flatMap { string in
        var bytes: [UInt8] = []
        return ByteLevel.append(string, to: &bytes) ? bytes : string
      }
      return [isLast ? bytes : Array(String(decoding: bytes, as: UTF8.self).utf8)]
    case .replace(let old, let new): return strings.map { replace(old, by: new, in: $0) }
    case .byteFallback: return joinBytes(strings)
    case .fuse: return [Array(strings.joined())]
    case .strip(let character, let start, let stop):
      return strings.map { strip(Array(String(character).utf8), start: start, stop: stop, from: $0) }
    case .metaspace(let mark, let dropsFirst):
      let mark = Array(String(mark).utf8)
      return strings.enumerated().map { index, string in
        replace(mark, by: index == 0 && dropsFirst ? [] : [0x20], in: string)
      }
    case .joinWithSpaces: return [Array(strings.joined(separator: [0x20]))]
    }
  }

  private func replace(_ old: [UInt8], by new: [UInt8], in string: [UInt8]) -> [UInt8] {
    guard let first = old.first, string.contains(first) else { return string }
    var result: [UInt8] = []
    var index = 0
    while index < string.count {
      if string[index...].starts(with: old) {
        result += new
        index += old.count
      } else {
        result.append(string[index])
        index += 1
      }
    }
    return result
  }

  /// Makes a string of each run of strings that spell bytes; a replacement character for each where the run is no text.
  private func joinBytes(_ strings: [[UInt8]]) -> [[UInt8]] {
    var result: [[UInt8]] = []
    var run: [UInt8] = []
    func flush() {
      guard !run.isEmpty else { return }
      if run.withUnsafeBytes({ firstInvalidByte($0) }) == nil {
        result.append(run)
      } else {
        result += Array(repeating: [0xEF, 0xBF, 0xBD], count: run.count)
      }
      run.removeAll(keepingCapacity: true)
    }
    for string in strings {
      if let byte = ByteLevel.fallbackByte(string) {
        run.append(byte)
      } else {
        flush()
        result.append(string)
      }
    }
    flush()
    return result
  }

  private func strip(_ character: [UInt8], start: Int, stop: Int, from string: [UInt8]) -> [UInt8] {
    var string = string[...]
    var left = start
    while left > 0, string.starts(with: character) {
      string = string.dropFirst(character.count)
      left -= 1
    }
    var right = stop
    while right > 0, string.suffix(character.count).elementsEqual(character), !string.isEmpty {
      string = string.dropLast(character.count)
      right -= 1
    }
    return Array(string)
  }
}

extension ByteLevel {
  /// The byte that a string `<0x00>` to `<0xFF>` spells.
  static func fallbackByte(_ string: some Collection<UInt8>) -> UInt8? {
    guard string.count == 6, string.starts(with: "<0x".utf8),
      string.elementsEqual(Array(string.prefix(5)) + [0x3E])
    else { return nil }
    return UInt8(String(decoding: string.dropFirst(3).prefix(2), as: UTF8.self), radix: 16)
  }
}
