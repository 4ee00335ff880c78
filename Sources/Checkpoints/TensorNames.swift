/// What a kind of checkpoint calls its tensors, and which part of a tensor each role is.
struct TensorNames: Sendable {
  /// Before everything but the output head.
  var prefix = ""
  var tokenEmbedding: String
  var positionEmbedding = ""
  var outputNorm: String
  var outputHead: String
  /// Before a layer's number.
  var layers: String
  var modules: [TensorRole.LayerTensor: Module]

  /// A tensor of each layer.
  struct Module: Sendable, ExpressibleByStringLiteral {
    /// The module's name; `#` in it stands for the number of an expert or a head. An expert's name without
    /// one is that of a tensor in which the experts are stacked.
    let name: String
    let part: Part
    /// The tensor is `[in, out]`.
    let isTransposed: Bool
    /// What is added to the name.
    let weight: String
    let bias: String

    init(
      _ name: String, _ part: Part = .whole, isTransposed: Bool = false, weight: String = ".weight",
      bias: String = ".bias"
    ) {
      self.name = name
      self.part = part
      self.isTransposed = isTransposed
      self.weight = weight
      self.bias = bias
    }

    init(stringLiteral name: String) { self.init(name) }
  }

  /// Which lines of a tensor that several matrices share.
  enum Part: Sendable {
    case whole
    /// Queries, then keys, then values.
    case query, key, value
    /// The first, second or third part of each head, which has three.
    case headThird(Int)
    /// The first or second half.
    case half(Int)
    /// Every second line from the first or second one.
    case alternate(Int)
  }

  /// The names of transformers' llama, which many families share.
  static let transformers = TensorNames(
    prefix: "model.", tokenEmbedding: "embed_tokens", outputNorm: "norm", outputHead: "lm_head",
    layers: "layers",
    modules: [
      .attentionNorm: "input_layernorm", .query: "self_attn.q_proj", .key: "self_attn.k_proj",
      .value: "self_attn.v_proj", .queryNorm: "self_attn.q_norm", .keyNorm: "self_attn.k_norm",
      .attentionOutput: "self_attn.o_proj", .feedForwardNorm: "post_attention_layernorm",
      .gate: "mlp.gate_proj", .up: "mlp.up_proj", .down: "mlp.down_proj",
    ])

  /// The names in a GGUF file, nearly the same for every architecture.
  static let gguf = TensorNames(
    tokenEmbedding: "token_embd", positionEmbedding: "position_embd", outputNorm: "output_norm",
    outputHead: "output", layers: "blk",
    modules: [
      .attentionNorm: "attn_norm", .query: "attn_q", .key: "attn_k", .value: "attn_v",
      .queryNorm: "attn_q_norm", .keyNorm: "attn_k_norm", .sinks: "attn_sinks",
      .attentionOutput: "attn_output", .attentionOutputNorm: "post_attention_norm",
      .feedForwardNorm: "ffn_norm", .gate: "ffn_gate", .up: "ffn_up", .down: "ffn_down",
      .feedForwardOutputNorm: "post_ffw_norm", .router: "ffn_gate_inp", .sharedGate: "ffn_gate_shexp",
      .sharedUp: "ffn_up_shexp", .sharedDown: "ffn_down_shexp", .sharedRouter: "ffn_gate_inp_shexp",
    ])

  /// The names of the experts' matrices where they differ from those of a dense layer.
  var experts: [TensorRole.LayerTensor: Module] = [:]

  /// With other names for some modules.
  func with(_ changes: [TensorRole.LayerTensor: Module]) -> TensorNames {
    var names = self
    names.modules.merge(changes) { $1 }
    return names
  }

  /// With names for the matrices of experts.
  func withExperts(_ experts: [TensorRole.LayerTensor: Module]) -> TensorNames {
    var names = self
    names.experts = experts
    return names
  }

  /// The name of a role's weight or bias; `head` replaces a number of heads.
  func name(_ slot: TensorSlot, head: Int = 0) -> String {
    func suffixed(_ name: String) -> String { name + (slot.isBias ? ".bias" : ".weight") }
    switch slot.role {
    case .tokenEmbedding: return suffixed(prefix + tokenEmbedding)
    case .positionEmbedding: return suffixed(prefix + positionEmbedding)
    case .outputNorm: return suffixed(prefix + outputNorm)
    case .outputHead: return suffixed(outputHead)
    case .layer(let layer, let tensor):
      guard let module = modules[tensor] else { return "\(tensor) of layer \(layer)" }
      return name(module, layer, slot.isBias, number: head)
    case .expert(let layer, let expert, let tensor):
      guard let module = experts[tensor] else { return "\(tensor) of expert \(expert) of layer \(layer)" }
      return name(module, layer, slot.isBias, number: expert)
    }
  }

  private func name(_ module: Module, _ layer: Int, _ isBias: Bool, number: Int) -> String {
    let parts = module.name.split(separator: "#", omittingEmptySubsequences: false)
    let name = parts.joined(separator: "\(number)")
    return "\(prefix)\(layers).\(layer).\(name)\(isBias ? module.bias : module.weight)"
  }

  /// The module of a role in a layer.
  func module(_ role: TensorRole) -> Module? {
    switch role {
    case .layer(_, let tensor): modules[tensor]
    case .expert(_, _, let tensor): experts[tensor]
    default: nil
    }
  }
}
