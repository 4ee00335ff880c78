/// A place for each key of a fixed set that no other key has, found by one look at a small table.
///
/// By hash and displace (Belazzougui, Botelho, Dietzfelbinger, "Hash, Displace, and Compress", ESA 2009):
/// keys fall into buckets of two or three, and each bucket has a pilot, a number with which its keys are
/// hashed once more. Pilots are chosen when the table is made, those of the largest buckets first. Any other
/// key has a place too, of which nothing is known: what lies there must say what its key is.
package struct PerfectHash {
  private let pilots: UnsafePointer<UInt8>
  private let shift: UInt64
  private let capacity: UInt64

  /// - Parameters:
  ///   - pilots: those of all buckets, which must outlive the hash; any numbers give places below `capacity`.
  ///   - capacity: the number of places.
  /// - Returns: nil where the pilots are not a power of two, at least 2, or there is no place.
  package init?(pilots: UnsafeBufferPointer<UInt8>, capacity: Int) {
    guard pilots.count >= 2, pilots.count & (pilots.count - 1) == 0, capacity > 0,
      let base = pilots.baseAddress
    else { return nil }
    self.pilots = base
    shift = UInt64(64 - pilots.count.trailingZeroBitCount)
    self.capacity = UInt64(capacity)
  }

  /// The place of a key, below the capacity.
  @inline(__always)
  package func place(_ key: UInt64) -> Int {
    let hash = Self.hash(key)
    return Self.place(hash, pilot: pilots[Int(truncatingIfNeeded: hash &>> shift)], capacity)
  }

  // Multiplications by odd numbers tell all keys apart; the upper bits of the products depend on all bits.

  @inline(__always)
  private static func hash(_ key: UInt64) -> UInt64 { key &* 0x9E37_79B9_7F4A_7C15 }

  @inline(__always)
  private static func place(_ hash: UInt64, pilot: UInt8, _ capacity: UInt64) -> Int {
    let moved = (hash ^ UInt64(pilot) &* 0x9FB2_1C65_1E98_DF25) &* 0xD6E8_FEB8_6659_FD93
    return Int(truncatingIfNeeded: moved.multipliedFullWidth(by: capacity).high)
  }
}

extension PerfectHash {
  /// A hash on its way to the compiled form.
  package struct Builder {
    /// The pilot of each bucket.
    package private(set) var pilots: [UInt8] = []
    /// The number of places.
    package private(set) var capacity: Int

    private static let keysPerBucket = 5 / 2.0

    /// - Parameter keys: the keys; equal ones have the same place.
    /// - Returns: nil where some cannot be told apart, for which they must have been made.
    /// - Complexity: O(n) in all likelihood.
    package init?(_ keys: [UInt64]) {
      var bits = 1
      while Double(keys.count) > Self.keysPerBucket * Double(1 << bits) { bits += 1 }
      let buckets = Buckets(keys.map(PerfectHash.hash), bits: bits)
      capacity = keys.count + keys.count / 5 + 1
      for _ in 0..<8 {
        if let pilots = Self.pilots(buckets, capacity: UInt64(capacity)) {
          self.pilots = pilots
          return
        }
        capacity += capacity / 4 + 1
      }
      return nil
    }

    /// The place of each of these keys.
    package func places(_ keys: [UInt64]) -> [Int] {
      pilots.withUnsafeBufferPointer { pilots in
        PerfectHash(pilots: pilots, capacity: capacity).map { keys.map($0.place) } ?? []
      }
    }

    /// A pilot for each bucket, or nil where a bucket has none.
    private static func pilots(_ buckets: Buckets, capacity: UInt64) -> [UInt8]? {
      var pilots = [UInt8](repeating: 0, count: buckets.count)
      var isTaken = [Bool](repeating: false, count: Int(capacity))
      var places: [Int] = []
      for bucket in buckets.largestFirst {
        var pilot: UInt8 = 0
        while true {
          places.removeAll(keepingCapacity: true)
          for hash in buckets[bucket] {
            let place = place(hash, pilot: pilot, capacity)
            if isTaken[place] || places.contains(place) { break }
            places.append(place)
          }
          if places.count == buckets[bucket].count { break }
          guard pilot < .max else { return nil }
          pilot += 1
        }
        for place in places { isTaken[place] = true }
        pilots[bucket] = pilot
      }
      return pilots
    }
  }

  /// Hashes by their upper bits, each once.
  private struct Buckets {
    private var hashes: [UInt64] = []
    private var starts: [Int] = [0]

    var count: Int { starts.count - 1 }

    init(_ all: [UInt64], bits: Int) {
      for hash in all.sorted() {
        if hash == hashes.last { continue }
        let bucket = Int(hash >> UInt64(64 - bits))
        while count < bucket { starts.append(hashes.count) }
        hashes.append(hash)
      }
      while count < 1 << bits { starts.append(hashes.count) }
    }

    subscript(bucket: Int) -> ArraySlice<UInt64> { hashes[starts[bucket]..<starts[bucket + 1]] }

    /// The buckets in the order of their sizes, the empty ones left out.
    var largestFirst: [Int] {
      var bySize: [[Int]] = []
      for bucket in 0..<count {
        let size = starts[bucket + 1] - starts[bucket]
        while bySize.count <= size { bySize.append([]) }
        bySize[size].append(bucket)
      }
      return bySize.dropFirst().reversed().flatMap { $0 }
    }
  }
}
