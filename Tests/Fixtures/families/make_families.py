#!/usr/bin/env python3
"""Write a tiny checkpoint of every family, and of the options that its configuration has, with reference scores.

Each folder gets config.json, safetensors of random weights and scores.jsonl: token ids, and the log-probability and
rank of every response token as transformers computes them in float64 from the weights as they are stored. Sizes are
odd ones that divide nothing. The MXFP4 checkpoint holds what its blocks and scales say, computed here.

usage: make_families.py FOLDER [NAME ...]     needs: torch transformers safetensors
"""
import json
import math
import os
import random
import sys

import torch
import transformers as T
from safetensors.torch import load_file, save_file

VOCABULARY = 83
SIZES = dict(
    hidden_size=36, intermediate_size=43, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=3,
    vocab_size=VOCABULARY, max_position_embeddings=256)
MORE = {**SIZES, "num_hidden_layers": 4}
EXPERTS = dict(num_experts=5, num_experts_per_tok=2)
# Fields that only older configurations have are given by hand.
OLDER = {
    "mistral": {"rope_theta": 1e6}, "gemma3-scaled": {"rope_theta": 5e5, "rope_local_base_freq": 2e4,
    "rope_scaling": {"factor": 4.0, "rope_type": "linear"}}, "stablelm-parallel": {"partial_rotary_factor": 0.67, "rope_theta": 1e4},
    "gpt-neox-sequential": {"rotary_pct": 0.5, "rotary_emb_base": 2e4},
    "olmo3-yarn": {"rope_theta": 5e5, "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "beta_fast": 16,
    "original_max_position_embeddings": 64}},
    "phi3-longrope": {"rope_theta": 1e4, "original_max_position_embeddings": 64, "rope_scaling": {"type": "longrope",
    "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.0, 2.5, 3.9]}}}


def rope(theta=10000.0, kind="default", **more):
    return {"rope_type": kind, "rope_theta": theta, **more}


def configurations():
    bf16, f16, f32 = torch.bfloat16, torch.float16, torch.float32
    yield "llama", T.LlamaConfig(**SIZES, rope_parameters=rope()), bf16
    yield "llama-biases", T.LlamaConfig(**SIZES, head_dim=10, attention_bias=True, mlp_bias=True, hidden_act="relu",
        rope_parameters=rope()), f16
    yield "llama-linear", T.LlamaConfig(**SIZES, rope_parameters=rope(kind="linear", factor=2.5)), bf16
    yield "llama-dynamic", T.LlamaConfig(**SIZES, rope_parameters=rope(kind="dynamic", factor=2.0)), bf16
    yield "llama-yarn", T.LlamaConfig(**SIZES, rope_parameters=rope(kind="yarn", factor=8.0, mscale=0.7, mscale_all_dim=0.4,
        original_max_position_embeddings=32)), bf16
    yield "llama3", T.LlamaConfig(**SIZES, rope_parameters=rope(5e5, "llama3", factor=8.0, low_freq_factor=1.0,
        high_freq_factor=4.0, original_max_position_embeddings=32)), bf16
    yield "mistral", T.MistralConfig(**SIZES, head_dim=8, sliding_window=9, rope_parameters=rope(1e6)), bf16
    yield "qwen2", T.Qwen2Config(**SIZES, tie_word_embeddings=True, rope_parameters=rope(1e6)), bf16
    yield "qwen2-windows", T.Qwen2Config(**MORE, use_sliding_window=True, sliding_window=11, max_window_layers=2,
        rope_parameters=rope(1e6)), bf16
    yield "qwen3", T.Qwen3Config(**SIZES, head_dim=14, attention_bias=True, rope_parameters=rope(1e6)), bf16
    yield "olmo2", T.Olmo2Config(**SIZES, rope_parameters=rope(5e5)), f32
    yield "olmo3", T.Olmo3Config(**MORE, sliding_window=9), bf16
    yield "olmo3-yarn", T.Olmo3Config(**MORE, sliding_window=9, rope_scaling=dict(OLDER["olmo3-yarn"]["rope_scaling"]),
        rope_theta=5e5), bf16
    yield "gemma2", T.Gemma2Config(**SIZES, head_dim=10, query_pre_attn_scalar=24, sliding_window=9,
        attn_logit_softcapping=5.0, final_logit_softcapping=9.0, rope_parameters=rope()), bf16
    yield "gemma3", T.Gemma3TextConfig(**MORE, head_dim=10, query_pre_attn_scalar=24, sliding_window=9,
        layer_types=["sliding_attention", "full_attention"] * 2), bf16
    yield "gemma3-scaled", T.Gemma3TextConfig(**SIZES, head_dim=10, query_pre_attn_scalar=10, sliding_window=9,
        layer_types=["sliding_attention", "full_attention"], final_logit_softcapping=7.0,
        **json.loads(json.dumps(OLDER["gemma3-scaled"]))), bf16
    yield "phi3", T.Phi3Config(**SIZES, pad_token_id=0, sliding_window=12, rope_parameters=rope()), bf16
    yield "phi3-longrope", T.Phi3Config(**SIZES, pad_token_id=0, original_max_position_embeddings=64,
        rope_parameters=rope(kind="longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.0, 2.5, 3.9])), bf16
    yield "smollm3", T.SmolLM3Config(**MORE, pad_token_id=0, no_rope_layer_interval=4, rope_parameters=rope(5e6)), bf16
    yield "granite", T.GraniteConfig(**SIZES, embedding_multiplier=12.0, attention_multiplier=0.1, residual_multiplier=0.3,
        logits_scaling=2.0, rope_parameters=rope()), bf16
    yield "gpt2", T.GPT2Config(vocab_size=VOCABULARY, n_positions=200, n_embd=35, n_layer=2, n_head=5, n_inner=45), f32
    yield "gpt2-scaled", T.GPT2Config(vocab_size=VOCABULARY, n_positions=200, n_embd=36, n_layer=2, n_head=6,
        scale_attn_by_inverse_layer_idx=True, activation_function="relu"), bf16
    neox = dict(vocab_size=VOCABULARY, hidden_size=36, num_hidden_layers=2, num_attention_heads=3, intermediate_size=43,
        max_position_embeddings=256)
    yield "gpt-neox", T.GPTNeoXConfig(**neox, rope_parameters=rope(partial_rotary_factor=0.25)), f16
    yield "gpt-neox-sequential", T.GPTNeoXConfig(**neox, use_parallel_residual=False, attention_bias=False,
        hidden_act="gelu_fast", rope_parameters=rope(2e4, partial_rotary_factor=0.5)), bf16
    yield "starcoder2", T.Starcoder2Config(**SIZES, sliding_window=12, rope_parameters=rope(1e5)), bf16
    yield "stablelm", T.StableLmConfig(**SIZES, use_qkv_bias=True, rope_parameters=rope(partial_rotary_factor=0.34)), bf16
    yield "stablelm-parallel", T.StableLmConfig(**SIZES, use_parallel_residual=True, qk_layernorm=True,
        rope_parameters=rope(partial_rotary_factor=0.67)), bf16
    yield "mixtral", T.MixtralConfig(**SIZES, num_local_experts=5, num_experts_per_tok=2, sliding_window=20,
        rope_parameters=rope(1e6)), bf16
    yield "qwen2-moe", T.Qwen2MoeConfig(**SIZES, **EXPERTS, moe_intermediate_size=21, shared_expert_intermediate_size=27,
        rope_parameters=rope(1e6)), bf16
    yield "qwen3-moe", T.Qwen3MoeConfig(**{**SIZES, "num_hidden_layers": 3}, head_dim=8, **EXPERTS, moe_intermediate_size=21,
        norm_topk_prob=True, mlp_only_layers=[1], rope_parameters=rope(1e6)), bf16
    yield "olmoe", T.OlmoeConfig(**SIZES, **EXPERTS, rope_parameters=rope()), bf16
    oss = dict(SIZES, hidden_size=64, intermediate_size=32, num_local_experts=4, num_experts_per_tok=2, head_dim=10, sliding_window=9)
    yarn = rope(15e4, "yarn", factor=4.0, original_max_position_embeddings=64, truncate=False)
    yield "gpt-oss", T.GptOssConfig(**{**oss, "hidden_size": 36, "intermediate_size": 43}, rope_parameters=yarn), bf16
    yield "gpt-oss-mxfp4", T.GptOssConfig(**oss, rope_parameters=dict(yarn)), bf16
    yield "gemma", T.GemmaConfig(**SIZES, head_dim=10, hidden_act="gelu", rope_parameters=rope()), bf16


def randomise(model, generator):
    gemma = "gemma" in type(model).__name__.lower()
    tied = model.config.tie_word_embeddings
    for name, p in model.named_parameters():
        r = torch.randn(p.shape, generator=generator)
        if p.ndim == 1 and ("norm" in name or "ln_" in name):
            p.data = r * 0.1 + (0.0 if "bias" in name or gemma else 1.0)
        elif p.ndim == 1:
            p.data = r * 0.1
        elif any(part in name for part in ("embed", "wte", "wpe")):
            p.data = r * (0.2 if tied else 0.5)
        else:
            p.data = r * (1.3 / math.sqrt(p.shape[-1]))


VALUES = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def pack_experts(folder, generator):
    """Replaces the experts' matrices by random MXFP4; returns what they stand for."""
    path = os.path.join(folder, "model.safetensors")
    tensors, plain = load_file(path), {}
    for name in [n for n in tensors if n.endswith(("gate_up_proj", "down_proj")) and "experts" in n]:
        experts, width, rows = tensors[name].shape
        blocks = torch.randint(0, 256, (experts, rows, width // 32, 16), dtype=torch.uint8, generator=generator)
        scales = torch.randint(122, 126, (experts, rows, width // 32), dtype=torch.uint8, generator=generator)
        pairs = torch.stack([VALUES[(blocks & 15).long()], VALUES[(blocks >> 4).long()]], -1)
        values = pairs.reshape(experts, rows, width // 32, 32) * torch.exp2(scales.float() - 127).unsqueeze(-1)
        plain[name] = values.reshape(experts, rows, width).transpose(1, 2).contiguous()
        del tensors[name]
        tensors[name + "_blocks"], tensors[name + "_scales"] = blocks, scales
    save_file(tensors, path, metadata={"format": "pt"})
    return plain


def records(model, seed):
    chance = random.Random(seed)
    base = [chance.randrange(VOCABULARY) for _ in range(21)]
    cases = [(base + [chance.randrange(VOCABULARY) for _ in range(n)], 21, "shared") for n in (1, 6, 19)]
    for prompt, response in ((1, 1), (1, 18), (9, 60), (60, 17), (90, 80)):
        cases.append(([chance.randrange(VOCABULARY) for _ in range(prompt + response)], prompt, f"{prompt}-{response}"))
    for ids, start, group in cases:
        with torch.inference_mode():
            logprobs = torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0].double(), -1)
        rows = [(logprobs[t - 1], ids[t]) for t in range(start, len(ids))]
        values = [row[token].item() for row, token in rows]
        yield {
            "group": group, "tokens": ids, "response_start": start, "logprobs": [round(value, 9) for value in values],
            "ranks": [int((row > row[token]).sum()) + 1 for row, token in rows], "mean": math.fsum(values) / len(values)}


def main(top, names):
    for index, (name, config, dtype) in enumerate(configurations()):
        if names and name not in names:
            continue
        folder = os.path.join(top, name)
        os.makedirs(folder, exist_ok=True)
        config.bos_token_id = config.eos_token_id = None
        generator = torch.Generator().manual_seed(1000 + index)
        eager = dict(attn_implementation="eager", experts_implementation="eager")
        model = T.AutoModelForCausalLM.from_config(config, **eager).float().eval()
        randomise(model, generator)
        model.tie_weights()
        model.to(dtype).save_pretrained(folder)
        model = T.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, **eager).eval()
        path = os.path.join(folder, "config.json")
        fields = json.load(open(path))
        if name in OLDER:
            fields.pop("rope_parameters", None)
            fields.pop("layer_types" if "gemma" not in name else "", None)
            fields.update(OLDER[name])
        if name.endswith("mxfp4"):
            fields["quantization_config"] = {"quant_method": "mxfp4"}
            plain = pack_experts(folder, generator)
            for parameter, values in model.named_parameters():
                if parameter in plain:
                    values.data = plain[parameter].double()
        json.dump(fields, open(path, "w"), indent=1)
        with open(os.path.join(folder, "scores.jsonl"), "w") as file:
            for record in records(model, index):
                file.write(json.dumps(record) + "\n")
        for other in ("generation_config.json",):
            if os.path.exists(os.path.join(folder, other)):
                os.remove(os.path.join(folder, other))
        print(name, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)) // 1024, "KiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
