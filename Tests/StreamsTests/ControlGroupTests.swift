import Streams
import TestSupport
import Testing

/// Against the layouts that Documentation/admin-guide/cgroup-v2.rst and cgroup-v1 of Linux describe.
@Suite struct ControlGroupTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func quota(_ membership: String, _ files: [String: String]) throws -> Double? {
    for (path, text) in files {
      let file = folder.path + "/fs/" + path
      try Paths.makeFolders(Paths.parent(file))
      _ = try folder.file("fs/" + path, bytes(text))
    }
    return ControlGroup.processorQuota(
      root: folder.path + "/fs", membership: try folder.file("membership", bytes(membership)))
  }

  @Test func unified() throws {
    #expect(try quota("0::/a/b\n", ["a/b/cpu.max": "150000 100000\n"]) == 1.5)
  }

  @Test func theLeastOfAllAbove() throws {
    let files = ["cpu.max": "max 100000\n", "a/cpu.max": "200000 100000\n", "a/b/cpu.max": "800000 100000\n"]
    #expect(try quota("0::/a/b\n", files) == 2)
  }

  @Test func none() throws {
    #expect(try quota("0::/\n", ["cpu.max": "max 100000\n"]) == nil)
    #expect(try quota("", [:]) == nil)
    #expect(try quota("0::/elsewhere\n", [:]) == nil)
    #expect(try quota("0::/\n", ["cpu.max": "rubbish\n"]) == nil)
  }

  @Test func legacy() throws {
    let membership = "12:memory:/m\n4:cpu,cpuacct:/c\n0::/\n"
    let group = "cpu,cpuacct/c"
    #expect(
      try quota(
        membership, ["\(group)/cpu.cfs_quota_us": "50000\n", "\(group)/cpu.cfs_period_us": "100000\n"]) == 0.5
    )
    #expect(try quota(membership, ["\(group)/cpu.cfs_quota_us": "-1\n"]) == nil)
  }
}
