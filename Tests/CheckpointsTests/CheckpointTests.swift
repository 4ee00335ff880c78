import Checkpoints
import Foundation
import Testing

@Suite struct CheckpointTests {
  @Test(arguments: ["llama-3", "llama-2", "smollm-2", "qwen-2.5"])
  func opensFolders(name: String) throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/\(name)"))
    let configuration = checkpoint.configuration
    #expect(configuration.hiddenSize == 64)
    #expect(configuration.layerCount == 3)
    #expect(configuration.headCount == 4)
    #expect(configuration.headSize == 16)
    #expect(configuration.intermediateSize == 160)
    #expect(configuration.vocabularySize == 512)
    #expect(configuration.maximumPositions == 512)
    #expect(configuration.rotary.layout == .halves)
    #expect(checkpoint.tensor(.query(0))?.shape == [64, 64])
    #expect(checkpoint.tensor(.down(2))?.shape == [64, 160])
    #expect(checkpoint.tensor(.query(3)) == nil)
    #expect(checkpoint.fingerprint.hasPrefix(name + "@"))
  }

  @Test func llama3() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/llama-3"))
    let configuration = checkpoint.configuration
    #expect(configuration.architecture == "llama")
    #expect(configuration.keyValueHeadCount == 2)
    #expect(configuration.normEpsilon == 1e-6)
    #expect(configuration.rotary.base == 500_000)
    #expect(
      configuration.rotary.scaling
        == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: 64))
    #expect(!configuration.tiesEmbeddings)
    #expect(checkpoint.tensor(.outputHead)?.name == "lm_head.weight")
    #expect(checkpoint.tensor(.queryBias(0)) == nil)
    #expect(checkpoint.tensor(.query(1))?.type == .bf16)
  }

  @Test func llama2HasBiases() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/llama-2"))
    #expect(checkpoint.configuration.biases == [.attentionInput, .attentionOutput, .feedForward])
    #expect(checkpoint.tensor(.keyBias(2))?.shape == [64])
    #expect(checkpoint.tensor(.attentionOutputBias(2))?.shape == [64])
    #expect(checkpoint.tensor(.downBias(0))?.shape == [64])
    #expect(checkpoint.tensor(.upBias(0))?.shape == [160])
    #expect(checkpoint.tensor(.up(0))?.type == .f16)
  }

  @Test func qwen2IsSharded() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/qwen-2.5"))
    #expect(checkpoint.configuration.architecture == "qwen2")
    #expect(checkpoint.configuration.biases == .attentionInput)
    #expect(checkpoint.configuration.tiesEmbeddings)
    #expect(checkpoint.tensor(.outputHead)?.name == "model.embed_tokens.weight")
    #expect(checkpoint.tensor(.valueBias(1))?.shape == [32])
    #expect(checkpoint.tensor(.attentionOutputBias(1)) == nil)
  }

  @Test(arguments: ["q8_0", "q4_0", "q4_1", "q6_k"])
  func opensGGUF(name: String) throws {
    let checkpoint = try Checkpoint.open(.gguf("\(fixtures)/gguf/\(name).gguf"))
    let configuration = checkpoint.configuration
    #expect(configuration.architecture == "llama")
    #expect(configuration.hiddenSize == 256)
    #expect(configuration.layerCount == 2)
    #expect(configuration.keyValueHeadCount == 2)
    #expect(configuration.headSize == 64)
    #expect(configuration.vocabularySize == 512)
    #expect(configuration.normEpsilon == 1e-5)
    #expect(configuration.rotary.layout == .interleaved)
    #expect(configuration.rotary.base == 10_000)
    #expect(configuration.rotary.scaling == .none)
    #expect(!configuration.tiesEmbeddings)
    #expect(configuration.biases == [])
    #expect(checkpoint.tensor(.key(1))?.shape == [128, 256])
    #expect(checkpoint.fingerprint.hasPrefix(name + "@"))
  }
}
