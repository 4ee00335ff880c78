extension Family {
  /// GPT-OSS: attention sinks, a sliding window in every second layer, experts with biases and a clamped
  /// SwiGLU (OpenAI, arXiv 2508.10925). The experts' gate and up are stacked, alternating, as plain
  /// numbers transposed or as MXFP4.
  static let gptOss = Family(
    modelType: "gpt_oss", architecture: "gpt-oss",
    defaults: Defaults(
      hiddenSize: 2880, intermediateSize: 2880, layerCount: 36, headCount: 64, keyValueHeadCount: 8,
      headSize: 64, vocabularySize: 201_088, maximumPositions: 131_072, normEpsilon: 1e-5,
      activation: .clampedSwiGLU(alpha: 1.702, limit: 7), rotaryBase: 150_000,
      rotaryScaling: .yarn(
        factor: 32, betaFast: 32, betaSlow: 1, originalMaximumPositions: 4096, truncates: false)),
    // The name in `hidden_act` is not used.
    fields: Fields(activation: "hidden_activation"),
    attentionInputBias: .field("attention_bias", otherwise: true),
    attentionOutputBias: .field("attention_bias", otherwise: true), feedForwardBias: .always,
    quantization: "mxfp4",
    names: TensorNames.transformers.with([
      .router: "mlp.router", .sinks: TensorNames.Module("self_attn.sinks", weight: ""),
    ])
    .withExperts([
      .gate: .gptOssExpert("mlp.experts.gate_up_proj", .alternate(0)),
      .up: .gptOssExpert("mlp.experts.gate_up_proj", .alternate(1)),
      .down: .gptOssExpert("mlp.experts.down_proj", .whole),
    ]),
    ggufNames: TensorNames.gguf.with([.feedForwardNorm: "post_attention_norm"])
      .withExperts(TensorNames.ggufExperts),
    truncatesYarn: false,
    shape: { model in
      model.forEachLayer {
        $0.attention.hasSinks = true
        $0.feedForward.hasBias = true
      }
    },
    readConfig: { config, model in
      let alpha = Float(try config.positive("swiglu_alpha") ?? 1.702)
      let limit = Float(try config.positive("swiglu_limit") ?? 7)
      var experts = try config.experts(
        countFields: ["num_local_experts", "num_experts"], count: 128, chosen: 4, .softmaxOfChosen)
      experts.routerHasBias = true
      model.forEachLayer {
        $0.feedForward.activation = .clampedSwiGLU(alpha: alpha, limit: limit)
        $0.feedForward.experts = experts
      }
      let sliding = try config.slidingLayers(count: model.layers.count) { $0 % 2 == 0 }
      try config.setWindows(&model, default: 128, sliding: sliding)
    },
    readGGUF: { keys, model in
      var experts = try keys.requiredExperts(.softmaxOfChosen)
      experts.routerHasBias = true
      try keys.setExperts(&model, experts)
      model.forEachLayer { $0.feedForward.hasBias = true }
      try keys.setWindows(&model, period: 2)
    })
}

extension TensorNames.Module {
  fileprivate static func gptOssExpert(_ name: String, _ part: TensorNames.Part) -> Self {
    Self(name, part, isTransposed: true, weight: "", bias: "_bias")
  }
}
