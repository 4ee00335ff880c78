import Foundation
import Streams
import TestSupport
import Testing

/// A pipe with a thread that writes `pieces` into it, pausing after each.
func pipeInput(_ pieces: [[UInt8]], every microseconds: UInt32 = 500) throws -> (
  path: String, writer: Thread, keep: TemporaryFolder
) {
  let folder = try TemporaryFolder()
  let path = folder.path + "/fifo"
  #expect(mkfifo(path, 0o600) == 0)
  let writer = Thread {
    let descriptor = open(path, O_WRONLY)
    for piece in pieces {
      piece.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
      usleep(microseconds)
    }
    close(descriptor)
  }
  writer.start()
  return (path, writer, folder)
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
