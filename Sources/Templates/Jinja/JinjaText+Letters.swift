/// Python's methods of strings that look at letters.
extension JinjaText {
  enum Side { case left, right, both }

  /// The first character in title case, the others in lower case.
  var capitalized: JinjaText {
    guard let first = characters.first else { return self }
    var result = first.mapParts { part in part.unicodeScalars.map(\.properties.titlecaseMapping).joined() }
    result.append(self[first.bytes.count..<bytes.count].mapParts { $0.lowercased() })
    return result
  }

  /// The filter `title`: the first character, and every one behind white space, a hyphen or an opening
  /// bracket, in upper case, the others in lower case.
  var wordsCapitalized: JinjaText {
    var result = JinjaText()
    var begins = true
    for character in characters {
      result.append(character.mapParts { [begins] part in begins ? part.uppercased() : part.lowercased() })
      begins = character.all { Self.isSpace($0) || "-({[<".unicodeScalars.contains($0) }
    }
    return result
  }

  /// The method `title`: every first letter of a run of letters in title case, the others in lower case.
  var titled: JinjaText {
    var result = JinjaText()
    var isInWord = false
    for character in characters {
      let isLetter = character.string.unicodeScalars.allSatisfy(\.properties.isCased)
      let wasInWord = isInWord
      result.append(
        character.mapParts { part in
          wasInWord ? part.lowercased() : part.unicodeScalars.map(\.properties.titlecaseMapping).joined()
        })
      isInWord = isLetter
    }
    return result
  }

  /// Whether there are cased letters and all of them are upper case.
  var isUppercase: Bool {
    let cased = string.unicodeScalars.filter(\.properties.isCased)
    return !cased.isEmpty && cased.allSatisfy(\.properties.isUppercase)
  }

  var isLowercase: Bool {
    let cased = string.unicodeScalars.filter(\.properties.isCased)
    return !cased.isEmpty && cased.allSatisfy(\.properties.isLowercase)
  }

  /// Whether there are characters and `property` holds for all.
  func all(_ property: (Unicode.Scalar) -> Bool) -> Bool {
    !isEmpty && string.unicodeScalars.allSatisfy(property)
  }

  /// The text with characters put beside it up to a width.
  func padded(to width: Int, side: Side, with filler: JinjaText = JinjaText(" ")) throws(JinjaError)
    -> JinjaText
  {
    let missing = width - characterCount
    guard missing > 0 else { return self }
    let left =
      switch side {
      case .left: missing
      case .right: 0
      // As Python rounds it.
      case .both: missing / 2 + (missing & width & 1)
      }
    var result = try JinjaArithmetic.repeated(filler, left)
    result.append(self)
    result.append(try JinjaArithmetic.repeated(filler, missing - left))
    return result
  }
}
