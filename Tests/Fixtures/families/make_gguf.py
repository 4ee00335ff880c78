#!/usr/bin/env python3
"""Write tiny GGUF files of several architectures as llama.cpp's own converter makes them, with reference scores.

The models are those of make_families.py, some with other options: GGUF cannot say all that config.json can. Matrices
keep their type; there is no vocabulary.

usage: make_gguf.py LLAMA_CPP FOLDER     needs: a source tree of llama.cpp, and what make_families.py needs
"""
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

llama_cpp, top = sys.argv[1:]
sys.path[:0] = [os.path.join(llama_cpp, "gguf-py"), llama_cpp, os.path.dirname(os.path.abspath(__file__))]
import conversion
import gguf
import torch
import transformers as T
from conversion import base

import make_families as families

S, MORE, rope = families.SIZES, families.MORE, families.rope
bf16 = torch.bfloat16
CONFIGURATIONS = [
    ("gpt2", T.GPT2Config(vocab_size=83, n_positions=200, n_embd=35, n_layer=2, n_head=5), bf16, {"n_ctx": 200}),
    ("gptneox", T.GPTNeoXConfig(vocab_size=83, hidden_size=36, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=43, max_position_embeddings=256, rope_parameters=rope(partial_rotary_factor=0.5)), bf16, {}),
    ("gemma2", T.Gemma2Config(**S, head_dim=10, query_pre_attn_scalar=10, sliding_window=9, rope_parameters=rope()), bf16, {}),
    ("gemma3", T.Gemma3TextConfig(**{**S, "num_hidden_layers": 7}, head_dim=10, query_pre_attn_scalar=10,
        sliding_window=9), bf16, {}),
    ("phi3", T.Phi3Config(**S, pad_token_id=0, original_max_position_embeddings=64,
        rope_parameters=rope(kind="longrope", short_factor=[1.0, 1.1, 1.3], long_factor=[1.0, 2.5, 3.9])), bf16, {}),
    ("olmo3", T.Olmo3Config(**MORE, sliding_window=9, rope_theta=5e5, rope_scaling={"rope_type": "yarn", "factor": 4.0,
        "beta_fast": 16, "original_max_position_embeddings": 64}), bf16, {}),
    ("smollm3", T.SmolLM3Config(**MORE, pad_token_id=0, rope_parameters=rope(5e6)), bf16, {}),
    ("granite", T.GraniteConfig(**S, embedding_multiplier=12.0, attention_multiplier=0.1, residual_multiplier=0.3,
        logits_scaling=2.0, rope_parameters=rope()), bf16, {}),
    ("stablelm", T.StableLmConfig(**S, use_qkv_bias=True, rope_parameters=rope(partial_rotary_factor=0.67)), bf16, {}),
    ("starcoder2", T.Starcoder2Config(**S, rope_parameters=rope(1e5)), bf16, {}),
    ("mixtral", T.MixtralConfig(**S, num_local_experts=5, num_experts_per_tok=2, rope_parameters=rope(1e6)), bf16, {}),
    ("qwen2moe", T.Qwen2MoeConfig(**S, **families.EXPERTS, moe_intermediate_size=21,
        shared_expert_intermediate_size=27, rope_parameters=rope(1e6)), bf16, {}),
    ("olmoe", T.OlmoeConfig(**S, **families.EXPERTS, rope_parameters=rope()), bf16, {}),
    ("gpt-oss-mxfp4", T.GptOssConfig(**dict(S, hidden_size=64, intermediate_size=32, num_local_experts=4,
        num_experts_per_tok=2, head_dim=10, sliding_window=9),
        rope_parameters=rope(15e4, "yarn", factor=4.0, original_max_position_embeddings=64, truncate=False)), bf16, {}),
]


def convert(folder, path):
    fields = base.ModelBase.load_hparams(Path(folder), False)
    kind = conversion.get_model_class(fields["architectures"][0])
    kind.set_vocab = lambda self: None
    with torch.inference_mode():
        model = kind(Path(folder), gguf.LlamaFileType.MOSTLY_BF16, Path(path), eager=True)
        if "rope_parameters" in model.hparams:
            # A name of older configurations that the converter of GPT-NeoX needs.
            share = (model.hparams["rope_parameters"] or {}).get("partial_rotary_factor")
            model.hparams.setdefault("rotary_pct", share)
        model.write()


families.configurations = lambda: [entry[:3] for entry in CONFIGURATIONS]
families.OLDER = {}
with tempfile.TemporaryDirectory() as work:
    families.main(work, [])
    os.makedirs(top, exist_ok=True)
    for name, _, _, fields in CONFIGURATIONS:
        folder = os.path.join(work, name)
        path = os.path.join(folder, "config.json")
        json.dump({**json.load(open(path)), **fields}, open(path, "w"))
        # The converter of Gemma 3 counts tokens.
        json.dump({"model": {"vocab": {str(i): i for i in range(83)}}, "added_tokens": []},
                  open(os.path.join(folder, "tokenizer.json"), "w"))
        convert(folder, os.path.join(top, name + ".gguf"))
        shutil.copy(os.path.join(folder, "scores.jsonl"), os.path.join(top, name + ".scores.jsonl"))
