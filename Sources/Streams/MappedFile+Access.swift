#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

extension MappedFile {
  /// In what order the pages of a file are about to be read.
  package enum Access {
    /// No order in particular: the kernel reads ahead as it sees fit.
    case normal
    /// Here and there: nothing is read ahead.
    case random
  }

  /// Says how the file is about to be read. Advice: it changes how long reads take and nothing else.
  package func advise(_ access: Access) {
    guard let address = bytes.baseAddress else { return }
    let advice = access == .random ? POSIX_MADV_RANDOM : POSIX_MADV_NORMAL
    _ = posix_madvise(UnsafeMutableRawPointer(mutating: address), bytes.count, advice)
  }
}
