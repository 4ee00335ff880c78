/// What a kind of checkpoint calls its tensors: the modules' names, to which `.weight` or `.bias` is added.
struct TensorNames: Sendable {
  /// Before everything but the output head.
  var prefix = ""
  let tokenEmbedding: String
  let outputNorm: String
  let outputHead: String
  /// Before a layer's number.
  let layers: String
  let attentionNorm: String
  let query: String
  let key: String
  let value: String
  let attentionOutput: String
  let feedForwardNorm: String
  let gate: String
  let up: String
  let down: String

  /// The names in a GGUF file, the same for every architecture.
  static let gguf = TensorNames(
    tokenEmbedding: "token_embd", outputNorm: "output_norm", outputHead: "output", layers: "blk",
    attentionNorm: "attn_norm", query: "attn_q", key: "attn_k", value: "attn_v",
    attentionOutput: "attn_output",
    feedForwardNorm: "ffn_norm", gate: "ffn_gate", up: "ffn_up", down: "ffn_down")

  /// The names of transformers' llama, which many families share.
  static let transformers = TensorNames(
    prefix: "model.", tokenEmbedding: "embed_tokens", outputNorm: "norm", outputHead: "lm_head",
    layers: "layers",
    attentionNorm: "input_layernorm", query: "self_attn.q_proj", key: "self_attn.k_proj",
    value: "self_attn.v_proj", attentionOutput: "self_attn.o_proj",
    feedForwardNorm: "post_attention_layernorm", gate: "mlp.gate_proj", up: "mlp.up_proj",
    down: "mlp.down_proj")

  /// The name of the tensor with a role.
  func name(_ role: TensorRole) -> String {
    func weight(_ layer: Int, _ module: String) -> String { "\(prefix)\(layers).\(layer).\(module).weight" }
    func bias(_ layer: Int, _ module: String) -> String { "\(prefix)\(layers).\(layer).\(module).bias" }
    return switch role {
    case .tokenEmbedding: "\(prefix)\(tokenEmbedding).weight"
    case .outputNorm: "\(prefix)\(outputNorm).weight"
    case .outputHead: "\(outputHead).weight"
    case .attentionNorm(let layer): weight(layer, attentionNorm)
    case .query(let layer): weight(layer, query)
    case .key(let layer): weight(layer, key)
    case .value(let layer): weight(layer, value)
    case .attentionOutput(let layer): weight(layer, attentionOutput)
    case .queryBias(let layer): bias(layer, query)
    case .keyBias(let layer): bias(layer, key)
    case .valueBias(let layer): bias(layer, value)
    case .attentionOutputBias(let layer): bias(layer, attentionOutput)
    case .feedForwardNorm(let layer): weight(layer, feedForwardNorm)
    case .gate(let layer): weight(layer, gate)
    case .up(let layer): weight(layer, up)
    case .down(let layer): weight(layer, down)
    case .gateBias(let layer): bias(layer, gate)
    case .upBias(let layer): bias(layer, up)
    case .downBias(let layer): bias(layer, down)
    }
  }
}
