// swift-tools-version: 6.1
import PackageDescription

/// Modules in the order in which they may be imported: a module imports only those its entry names.
let package = Package(
  name: "grape",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "grape-tokenize", targets: ["grape-tokenize"]),
    .executable(name: "grape-score", targets: ["grape-score"]),
    .executable(name: "grape-pick", targets: ["grape-pick"]),
    .executable(name: "grape-stats", targets: ["grape-stats"]),
  ],
  targets: [
    .target(name: "CKernels"),
    .target(name: "Streams"),
    .target(name: "Records", dependencies: ["CKernels", "Streams"]),
    .target(name: "Checkpoints", dependencies: ["Streams", "Records"]),
    .target(name: "Templates", dependencies: ["Streams", "Records", "Checkpoints"]),
    .target(name: "Tokenization", dependencies: ["CKernels", "Streams", "Records", "Checkpoints"]),
    .target(name: "Inference", dependencies: ["CKernels", "Streams", "Checkpoints"]),
    .target(name: "Selection", dependencies: ["Streams", "Records"]),
    .target(name: "Commands", dependencies: ["Streams", "Records"]),

    .executableTarget(
      name: "grape-tokenize",
      dependencies: ["Commands", "Records", "Templates", "Checkpoints", "Tokenization", "Streams"]),
    .executableTarget(
      name: "grape-score",
      dependencies: ["Commands", "Records", "Checkpoints", "Tokenization", "Inference", "Streams"]),
    .executableTarget(name: "grape-pick", dependencies: ["Commands", "Records", "Selection", "Streams"]),
    .executableTarget(name: "grape-stats", dependencies: ["Commands", "Records", "Selection", "Streams"]),

    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "StreamsTests", dependencies: ["Streams", "TestSupport"]),
    .testTarget(
      name: "RecordsTests", dependencies: ["CKernels", "Records", "Streams", "TestSupport"]),
    .testTarget(name: "TemplatesTests", dependencies: ["Templates", "Records", "Streams"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "Records", "Streams", "TestSupport"]),
    .testTarget(
      name: "TokenizationTests",
      dependencies: ["Tokenization", "CKernels", "Checkpoints", "Records", "Streams", "TestSupport"]),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "CKernels", "Checkpoints", "Records", "Streams", "TestSupport"]),
    .testTarget(name: "SelectionTests", dependencies: ["Selection", "Records", "Streams", "TestSupport"]),
    .testTarget(name: "CommandsTests", dependencies: ["Commands", "Records", "Streams"]),
    .testTarget(
      name: "CasesTests",
      dependencies: ["Commands", "grape-tokenize", "grape-score", "grape-pick", "grape-stats", "TestSupport"]
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
