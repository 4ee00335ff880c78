/// Lower case as Rust's `char::to_lowercase` has it.
enum CaseMapping {
  private static let lower: [UInt32: (UInt32, UInt32?)] = {
    var map: [UInt32: (UInt32, UInt32?)] = [:]
    for index in stride(from: 0, to: UnicodeData.lowercase.count, by: 3) {
      let second = UnicodeData.lowercase[index + 2]
      map[UnicodeData.lowercase[index]] = (UnicodeData.lowercase[index + 1], second == 0 ? nil : second)
    }
    return map
  }()

  static func lowercase(_ code: UInt32) -> (UInt32, UInt32?) {
    if code < 0x80 { return ((0x41...0x5A).contains(code) ? code + 0x20 : code, nil) }
    return lower[code] ?? (code, nil)
  }
}
