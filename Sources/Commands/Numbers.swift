/// Numbers for people, the same in every locale.
enum Numbers {
  /// With a fixed number of decimal places, halves away from zero; `value` must be
  /// finite and not astronomical.
  static func fixed(_ value: Double, places: Int) -> String {
    let unit = (0..<places).reduce(1) { product, _ in product * 10 }
    let scaled = Int((value.magnitude * Double(unit)).rounded())
    let fraction = String(scaled % unit)
    let padding = String(repeating: "0", count: places - fraction.count)
    let sign = value < 0 && scaled > 0 ? "-" : ""
    return sign + String(scaled / unit) + (places > 0 ? "." + padding + fraction : "")
  }

  /// Hours, minutes and seconds, at least the latter two: `0:05`, `1:02:03`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    let ending = String(whole % 60)
    let minute = hours > 0 && minutes < 10 ? "0\(minutes)" : "\(minutes)"
    return (hours > 0 ? "\(hours):" : "") + minute + ":" + (ending.count < 2 ? "0" + ending : ending)
  }
}
