import Streams

/// How far a run has come, on standard error: one line rewritten in place on a terminal,
/// plain lines elsewhere.
struct Progress {
  enum Style {
    /// A status line that goes when the run ends; of several filters on a terminal, one draws it.
    case automatic
    /// A status line that stays as a summary.
    case terminal
    /// A line every few seconds, and a summary.
    case lines
  }

  var records = 0
  var bad = 0
  var tokens = 0
  /// Bytes of the records taken so far, and of all there are where that is known.
  var bytes = 0
  var totalBytes: Int?

  private let style: Style
  private let name: String
  private let isDim: Bool
  private let started = Clock.nanoseconds()
  private var nextDraw: UInt64
  private var isDrawn = false

  private static let second: UInt64 = 1_000_000_000

  /// Nil when nobody is looking: standard error is no terminal, and progress was not asked for.
  init?(isRequested: Bool, name: String) {
    if Terminal.isTerminal(Terminal.standardError), Paths.environment("TERM") != "dumb" {
      // On the terminal that the records go to, a status line would only be in their way.
      guard isRequested || !Terminal.isTerminal(Terminal.standardOutput) else { return nil }
      style = isRequested ? .terminal : .automatic
    } else {
      guard isRequested else { return nil }
      style = .lines
    }
    self.name = name
    isDim = Paths.environment("NO_COLOR") == nil
    nextDraw = started + Self.second
  }

  /// Learns how much there is to read, where every operand is a regular file.
  mutating func expect(_ paths: [String]) {
    let sizes = paths.map { $0 == "-" ? (try? InputFile(path: $0))?.size : Paths.fileSize($0) }
    totalBytes = sizes.reduce(0) { total, size in
      guard let total, let size else { return nil }
      return total + size
    }
  }

  /// Draws, if it is time to.
  mutating func tick() {
    let now = Clock.nanoseconds()
    guard now >= nextDraw else { return }
    switch style {
    case .lines:
      nextDraw = now + 5 * Self.second
      StandardError.write("\(name): \(text(at: now))\n")
    case .automatic, .terminal:
      nextDraw = now + Self.second / 5
      if style == .automatic, !Terminal.claim(Terminal.standardError) { return }
      draw(text(at: now))
    }
  }

  /// Takes the status line away, so that something else can be written; the next tick brings it back.
  mutating func erase() {
    guard isDrawn else { return }
    StandardError.write("\r\u{1B}[K")
    isDrawn = false
  }

  /// The last word, and a summary behind it.
  mutating func finish(_ summary: String?) {
    erase()
    if style != .automatic {
      let text = text(at: Clock.nanoseconds(), isFinal: true)
      StandardError.write("\(name): \(text)\(summary.map { "; \($0)" } ?? "")\n")
    }
  }

  private mutating func draw(_ text: String) {
    let room = max(1, Terminal.width(Terminal.standardError) - 1)
    let line = "\(name): \(text)".prefix(room)
    StandardError.write(isDim ? "\r\u{1B}[2m\(line)\u{1B}[0m\u{1B}[K" : "\r\(line)\u{1B}[K")
    isDrawn = true
  }

  /// `1,234 records, 2 bad, 5,678 tokens/s, 1.2 MB/s, 45%, 0:32 left`.
  func text(at now: UInt64, isFinal: Bool = false) -> String {
    let seconds = max(Double(now - started) / Double(Self.second), 1e-9)
    var parts = ["\(grouped(records)) record\(records == 1 ? "" : "s")"]
    if bad > 0 { parts.append("\(grouped(bad)) bad") }
    if tokens > 0 { parts.append("\(grouped(Int(Double(tokens) / seconds))) tokens/s") }
    // Beside a model's tokens the bytes are nothing.
    let megabytes = Double(bytes) / seconds / 1e6
    if tokens == 0 || megabytes >= 0.1 { parts.append("\(Numbers.fixed(megabytes, places: 1)) MB/s") }
    if isFinal {
      parts.append("\(Numbers.duration(seconds)) in all")
    } else if let totalBytes, totalBytes > 0, bytes > 0 {
      let share = min(1, Double(bytes) / Double(totalBytes))
      parts.append("\(Int(share * 100))%")
      parts.append("\(Numbers.duration(seconds * (1 - share) / share)) left")
    }
    return parts.joined(separator: ", ")
  }
}
