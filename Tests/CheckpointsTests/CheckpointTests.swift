import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointTests {
  @Test(arguments: ["llama-3", "llama-2", "smollm-2", "qwen-2.5"])
  func opensFolders(name: String) throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/\(name)"))
    let configuration = checkpoint.configuration
    #expect(configuration.hiddenSize == 64)
    #expect(configuration.layers.count == 3)
    #expect(configuration.layers[0].attention.headCount == 4)
    #expect(configuration.layers[0].attention.headSize == 16)
    #expect(configuration.layers[0].feedForward.intermediateSize == 160)
    #expect(configuration.vocabularySize == 512)
    #expect(configuration.maximumPositions == 512)
    #expect(configuration.rotaries[0].layout == .halves)
    #expect(checkpoint.matrix(.layer(0, .query))?.tensor.shape == [64, 64])
    #expect(checkpoint.matrix(.layer(2, .down))?.tensor.shape == [64, 160])
    #expect(checkpoint.matrix(.layer(3, .query)) == nil)
    #expect(checkpoint.fingerprint.hasPrefix(name + "@"))
  }

  @Test func llama3() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/llama-3"))
    let configuration = checkpoint.configuration
    #expect(configuration.architecture == "llama")
    #expect(configuration.layers[0].attention.keyValueHeadCount == 2)
    #expect(configuration.norm.epsilon == 1e-6)
    #expect(configuration.rotaries[0].base == 500_000)
    #expect(
      configuration.rotaries[0].scaling
        == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalMaximumPositions: 64))
    #expect(!configuration.tiesEmbeddings)
    #expect(checkpoint.matrix(.outputHead)?.tensor.name == "lm_head.weight")
    #expect(checkpoint.vector(.layer(0, .query), bias: true) == nil)
    #expect(checkpoint.matrix(.layer(1, .query))?.tensor.type == .bf16)
  }

  @Test func llama2HasBiases() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/llama-2"))
    #expect(
      checkpoint.configuration.layers.allSatisfy { $0.attention.hasOutputBias && $0.feedForward.hasBias })
    #expect(checkpoint.vector(.layer(2, .key), bias: true)?.count == 64)
    #expect(checkpoint.vector(.layer(2, .attentionOutput), bias: true)?.count == 64)
    #expect(checkpoint.vector(.layer(0, .down), bias: true)?.count == 64)
    #expect(checkpoint.vector(.layer(0, .up), bias: true)?.count == 160)
    #expect(checkpoint.matrix(.layer(0, .up))?.tensor.type == .f16)
  }

  @Test func qwen2IsSharded() throws {
    let checkpoint = try Checkpoint.open(.folder("\(fixtures)/models/qwen-2.5"))
    #expect(checkpoint.configuration.architecture == "qwen2")
    #expect(
      checkpoint.configuration.layers.allSatisfy { $0.attention.hasInputBias && !$0.attention.hasOutputBias })
    #expect(checkpoint.configuration.tiesEmbeddings)
    #expect(checkpoint.matrix(.outputHead)?.tensor.name == "model.embed_tokens.weight")
    #expect(checkpoint.vector(.layer(1, .value), bias: true)?.count == 32)
    #expect(checkpoint.vector(.layer(1, .attentionOutput), bias: true) == nil)
  }

  @Test(arguments: ["q8_0", "q4_0", "q4_1", "q6_k"])
  func opensGGUF(name: String) throws {
    let checkpoint = try Checkpoint.open(.gguf("\(fixtures)/gguf/\(name).gguf"))
    let configuration = checkpoint.configuration
    #expect(configuration.architecture == "llama")
    #expect(configuration.hiddenSize == 256)
    #expect(configuration.layers.count == 2)
    #expect(configuration.layers[0].attention.keyValueHeadCount == 2)
    #expect(configuration.layers[0].attention.headSize == 64)
    #expect(configuration.vocabularySize == 512)
    #expect(configuration.norm.epsilon == 1e-5)
    #expect(configuration.rotaries[0].layout == .interleaved)
    #expect(configuration.rotaries[0].base == 10_000)
    #expect(configuration.rotaries[0].scaling == .none)
    #expect(!configuration.tiesEmbeddings)
    #expect(configuration.layers.allSatisfy { !$0.attention.hasInputBias && !$0.feedForward.hasBias })
    #expect(checkpoint.matrix(.layer(1, .key))?.tensor.shape == [128, 256])
    #expect(checkpoint.fingerprint.hasPrefix(name + "@"))
  }
}
