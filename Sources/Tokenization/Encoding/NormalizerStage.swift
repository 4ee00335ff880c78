/// A step of normalizing, compiled; see `NormalizerStep`.
enum NormalizerStage {
  case form(NormalizationForm)
  case replace(TextMatcher, [UInt8])
  case prepend([UInt8])
  case strip(left: Bool, right: Bool)
  case lowercase
  case stripAccents
  case nmt
  case byteLevel
  case sentencePiece(SentencePieceNormalizer)

  var isForm: Bool { if case .form = self { true } else { false } }
}
