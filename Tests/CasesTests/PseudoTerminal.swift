import Foundation
import Testing

/// A terminal without a screen: a program has `path` open, and the test types and reads on the other side.
final class PseudoTerminal {
  /// The device a program opens.
  let path: String

  private let controller: Int32
  /// Held open, as a terminal that nobody has open reads as ended.
  private let device: Int32
  private var shown = ""

  init(columns: UInt16 = 200) throws {
    var ends: (controller: Int32, device: Int32) = (-1, -1)
    var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&ends.controller, &ends.device, nil, nil, &size) == 0)
    (controller, device) = ends
    path = String(cString: try #require(ttyname(device)))
    #expect(fcntl(controller, F_SETFL, O_NONBLOCK) == 0)
    // What a started program inherits, it would keep open.
    for end in [controller, device] { #expect(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
  }

  deinit {
    close(device)
    close(controller)
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(write(controller, bytes, bytes.count) == bytes.count)
  }

  /// Everything that has been written to the terminal so far.
  var screen: String {
    var piece = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(controller, &piece, piece.count)
      guard count > 0 else { return shown }
      shown += String(decoding: piece[..<count], as: UTF8.self)
    }
  }
}
