import Checkpoints
import Streams
import TestSupport
import Testing

@Suite struct ModelLocationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func resolve(_ argument: String, _ environment: [String: String] = [:]) throws -> ModelLocation {
    try ModelLocation.resolve(argument) { environment[$0] }
  }

  func expectError(
    _ description: String, _ argument: String, _ environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) {
      try resolve(argument, environment)
    }
    #expect(error?.description == description, sourceLocation: sourceLocation)
  }

  @Test func folders() throws {
    try folder.file("m/config.json", "{}")
    try folder.file("m/model.safetensors")
    let path = folder.path + "/m"
    #expect(try resolve(path) == .folder(path))
    #expect(try resolve(path).name == "m")
    #expect(try resolve(path + "/").name == "m")
    #expect(try resolve(path + "/.").name == "m")
    #expect(try resolve(path + "/../m/../../" + Paths.lastComponent(folder.path) + "/m/.").name == "m")
    // A GGUF beside a model's own weights is not what the folder is about.
    try folder.file("m/other.gguf")
    #expect(try resolve(path) == .folder(path))
    // A tokenizer alone.
    try folder.file("t/tokenizer.json", "{}")
    #expect(try resolve(folder.path + "/t") == .folder(folder.path + "/t"))
  }

  @Test func files() throws {
    let named = try folder.file("SmolLM2-135M-Instruct.Q4_1.gguf")
    #expect(try resolve(named) == .gguf(named))
    #expect(try resolve(named).name == "SmolLM2-135M-Instruct.Q4_1")
    let blob = try folder.file("0a1b2c", "GGUF")
    #expect(try resolve(blob) == .gguf(blob))
    let other = try folder.file("notes.txt", "hello")
    expectError("\(other): expected a folder, a .gguf file or the name of a model, found another file", other)
  }

  @Test func foldersOfGGUF() throws {
    let file = try folder.file("g/a.gguf")
    #expect(try resolve(folder.path + "/g") == .gguf(file))
    try folder.file("g/b.gguf")
    expectError(
      "\(folder.path)/g: expected one .gguf file, found 2; name one of them: a.gguf, b.gguf",
      folder.path + "/g")
  }

  @Test func caches() throws {
    let home = folder.path
    for cache in ["hub", "hf/hub", "xdg/huggingface/hub", ".cache/huggingface/hub"] {
      let repository = "\(cache)/models--org--name"
      try folder.file("\(repository)/refs/main", "abc123\n")
      try folder.file("\(repository)/snapshots/abc123/model.safetensors")
      try folder.file("\(repository)/snapshots/old/model.safetensors")
    }
    func snapshot(_ cache: String) -> ModelLocation {
      .folder("\(home)/\(cache)/models--org--name/snapshots/abc123")
    }
    var environment = ["HOME": home]
    #expect(try resolve("org/name", environment) == snapshot(".cache/huggingface/hub"))
    environment["XDG_CACHE_HOME"] = home + "/xdg"
    #expect(try resolve("org/name", environment) == snapshot("xdg/huggingface/hub"))
    environment["HF_HOME"] = "~/hf"
    #expect(try resolve("org/name", environment) == snapshot("hf/hub"))
    environment["HF_HUB_CACHE"] = home + "/hub"
    #expect(try resolve("org/name", environment) == snapshot("hub"))
    #expect(try resolve("org/name", environment).name == "name")
  }

  @Test func snapshots() throws {
    let environment = ["HF_HUB_CACHE": folder.path]
    // No reference, one snapshot, which holds a single GGUF.
    let file = try folder.file("models--org--name-GGUF/snapshots/abc/name.Q8_0.gguf")
    #expect(try resolve("org/name-GGUF", environment) == .gguf(file))
    // A name without an organization; dashes in a name.
    try folder.file("models--gpt2/snapshots/abc/model.safetensors")
    #expect(try resolve("gpt2", environment).name == "gpt2")
    try folder.file("models--org--a--b/snapshots/abc/model.safetensors")
    #expect(try resolve("org/a--b", environment).name == "a--b")

    let root = folder.path
    try folder.file("models--org--two/snapshots/a/x")
    try folder.file("models--org--two/snapshots/b/x")
    expectError(
      "org/two: no such folder or .gguf file, and not whole in the Hugging Face cache: "
        + "no \(root)/models--org--two/refs/main, and 2 snapshots in \(root)/models--org--two/snapshots",
      "org/two", environment)
    try folder.file("models--org--gone/refs/main", "abc")
    expectError(
      "org/gone: no such folder or .gguf file, and not whole in the Hugging Face cache: "
        + "no \(root)/models--org--gone/snapshots/abc (hf download org/gone would fetch it)",
      "org/gone", environment)
    try folder.file("models--org--evil/refs/main", "../../..")
    expectError(
      "\(root)/models--org--evil/refs/main: expected the name of a snapshot, found \"../../..\"", "org/evil",
      environment)
  }

  @Test func notFound() {
    expectError(
      "org/name: no such folder or .gguf file, and not in the Hugging Face cache: "
        + "no \(folder.path)/models--org--name (hf download org/name would fetch it)",
      "org/name", ["HF_HUB_CACHE": folder.path])
    expectError(
      "org/name: no such folder or .gguf file, and no Hugging Face cache, since HOME is not set", "org/name")
    for path in ["./none", "/none/none", "a/b/c", "no such", "", "-x", "org/../x"] {
      expectError(
        "\(path): no such folder or .gguf file, and not the name of a model (org/name)", path,
        ["HOME": folder.path])
    }
  }
}
