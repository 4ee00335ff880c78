#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension Workers {
  /// Processors this process may use: those its affinity allows, and no more than its
  /// control group's quota pays for.
  package static var available: Int {
    #if os(Linux)
      let allowed = affinityCount() ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
      guard let quota = ControlGroup.processorQuota() else { return allowed }
      return max(1, min(allowed, Int(quota.rounded(.up))))
    #else
      return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    #endif
  }

  #if os(Linux)
    /// Bits set in the mask of `/proc/self/status`, groups of hexadecimal digits:
    /// `Cpus_allowed:	ff,ffffffff`.
    private static func affinityCount() -> Int? {
      let label = "Cpus_allowed:"
      let lines = SmallFile.text("/proc/self/status").split(separator: "\n")
      guard let line = lines.first(where: { $0.hasPrefix(label) }) else { return nil }
      let count = line.dropFirst(label.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
      return count > 0 ? count : nil
    }
  #endif
}

/// The limits Linux puts on a group of processes (containers).
package enum ControlGroup {
  /// Processors' worth of time this process's group may use: the least of its own quota and those above it;
  /// nil where none is set. Version 2's `cpu.max`, or version 1's `cpu.cfs_quota_us` and `cpu.cfs_period_us`.
  package static func processorQuota(
    root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup"
  ) -> Double? {
    var least: Double?
    for line in SmallFile.text(membership).split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      let isUnified = fields[0] == "0" && controllers.isEmpty
      guard isUnified || controllers.contains("cpu") else { continue }
      let mount = isUnified ? root : Paths.join(root, String(fields[1]))
      var group = fields[2].split(separator: "/")
      while true {
        let folder = group.reduce(mount) { Paths.join($0, String($1)) }
        if let quota = isUnified ? unifiedQuota(folder) : legacyQuota(folder) {
          least = min(least ?? quota, quota)
        }
        if group.popLast() == nil { break }
      }
    }
    return least
  }

  /// `cpu.max` holds `QUOTA PERIOD` in microseconds, or `max PERIOD`.
  private static func unifiedQuota(_ folder: String) -> Double? {
    let fields = SmallFile.text(Paths.join(folder, "cpu.max")).split { $0 == " " || $0 == "\n" }
    guard fields.count == 2, let quota = Int(fields[0]), let period = Int(fields[1]) else { return nil }
    return ratio(quota, period)
  }

  private static func legacyQuota(_ folder: String) -> Double? {
    func number(_ name: String) -> Int? {
      SmallFile.text(Paths.join(folder, name)).split(separator: "\n").first.flatMap { Int($0) }
    }
    guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us") else { return nil }
    return ratio(quota, period)
  }

  private static func ratio(_ quota: Int, _ period: Int) -> Double? {
    quota > 0 && period > 0 ? Double(quota) / Double(period) : nil
  }
}

/// Files of the system's that are a few lines long.
private enum SmallFile {
  /// A small file's text; empty where it cannot be read.
  static func text(_ path: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var count = 0
    guard let file = try? InputFile(path: path) else { return "" }
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes {
        try? file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
      }
      guard let read, read > 0 else { break }
      count += read
    }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
