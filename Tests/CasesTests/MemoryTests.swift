import Foundation
import TestSupport
import Testing

#if os(Linux)
  /// Memory does not grow with the number of records.
  @Suite struct MemoryTests {
    /// `groups`: how many different ones the records belong to, in turn; the statistics
    /// count groups, the others don't.
    @Test(arguments: [
      ("grape-tokenize -j 1 -m \"$FIXTURES/models/smollm-2\"", 2000, 8000, 8000),
      ("grape-score -j 1 -m \"$FIXTURES/models/smollm-2\"", 200, 800, 800),
      ("grape-pick --grouped", 5000, 50_000, 50_000),
      ("grape-stats", 5000, 50_000, 1000),
    ])
    func isFlat(command: String, first: Int, last: Int, groups: Int) throws {
      let folder = try TemporaryFolder()
      let script = ". \"$FIXTURES/filters.sh\"; records 1"
      let record = try Shell.run(script, in: folder).output
      try #require(record.hasSuffix("\n"))
      let parts = record.components(separatedBy: "\"group\":\"")
      try #require(parts.count == 2)

      let pipe = try NamedPipe(in: folder)
      let running = try Shell.start("exec \(command) < pipe > /dev/null", in: folder)
      try pipe.open()
      var peaks: [Int] = []
      for index in 1...last {
        let group = String(format: "%016x", index % groups)
        pipe.write(parts[0] + "\"group\":\"" + group + parts[1].dropFirst(16))
        if index == first || index == last {
          // What is still in the pipe is small change.
          peaks.append(try peakMemory(of: running.identifier))
        }
      }
      pipe.close()
      #expect(running.wait() == 0, "\(running.errors)")
      #expect(peaks[1] - peaks[0] < 4 << 20, "\(peaks) bytes after \(first) and \(last) records")
    }

    /// The most memory a process has had in use so far, in bytes.
    private func peakMemory(of identifier: pid_t) throws -> Int {
      let status = try #require(Repository.contents("/proc/\(identifier)/status"))
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
      return 1024 * (try #require(line.split { !$0.isNumber }.first.flatMap { Int($0) }))
    }
  }
#endif
