#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file mapped read-only and shared, so that every process that maps it uses the same memory.
package final class MappedFile: Sendable {
  package let path: String
  /// The file's bytes, valid while the object lives; empty for an empty file.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  /// When the file was last written to, in nanoseconds; for telling versions of a file apart.
  package let modificationTime: Int64

  /// Maps the whole of a regular file.
  package init(path: String) throws(IOError) {
    self.path = path
    let descriptor = try FileDescriptor(opening: path, O_RDONLY)
    defer { _ = close(descriptor.number) }
    guard let status = descriptor.status() else { throw IOError(action: "open", path: path, code: errno) }
    guard status.isRegular else {
      throw IOError(action: "map", path: path, code: status.isDirectory ? EISDIR : ENODEV)
    }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modificationTime = Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    guard status.st_size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let count = Int(status.st_size)
    let address = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor.number, 0)
    guard let address, address != MAP_FAILED else { throw IOError(action: "map", path: path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: address, count: count)
  }

  deinit {
    if let address = bytes.baseAddress {
      _ = munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
  }
}
