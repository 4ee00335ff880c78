#!/usr/bin/env python3
"""Write tekken.json and encode.jsonl: a small vocabulary by ranks, and what mistral-common and tiktoken make of texts with it.

    pip install mistral-common tiktoken && make_ranks.py

The tokens are those of ../tekken/tokenizer.json after the single bytes. In encode.jsonl `tekken` are the ids by mistral-common, without
the beginning token, and `tiktoken` the ranks by tiktoken with GPT-2's regular expression, of control tokens only <|endoftext|>.
"""
import base64
import json
import pathlib

import tiktoken
import tiktoken_ext.openai_public as public
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

HERE = pathlib.Path(__file__).parent
SPECIALS, UNUSED = 24, 10


def byte_of_character():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(0x100 + i): b for i, b in enumerate(others)}


def main():
    spelled = byte_of_character()
    source = json.loads((HERE / "../tekken/tokenizer.json").read_text())
    added = {t["content"] for t in source["added_tokens"]}
    tokens = sorted(source["model"]["vocab"].items(), key=lambda item: item[1])
    tokens = [bytes(spelled[c] for c in token) for token, _ in tokens if token not in added]
    ranked = [bytes([b]) for b in range(256)] + [t for t in tokens if len(t) > 1]
    config = json.loads((HERE / "../tekken/tokenizer.json").read_text())["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    root = {
        "config": {"pattern": config, "num_vocab_tokens": len(ranked), "default_vocab_size": len(ranked) - UNUSED + SPECIALS,
                   "default_num_special_tokens": SPECIALS, "version": "v3"},
        "vocab": [{"rank": i, "token_bytes": base64.b64encode(t).decode(), "token_str": None} for i, t in enumerate(ranked)],
    }
    (HERE / "tekken.json").write_text(json.dumps(root))
    tekken = Tekkenizer.from_file(HERE / "tekken.json")
    end = {"<|endoftext|>": 50256}
    gpt2 = tiktoken.Encoding("test", pat_str=public.r50k_pat_str, mergeable_ranks={t: i for i, t in enumerate(ranked)}, special_tokens=end)
    with open(HERE / "encode.jsonl", "w") as file:
        for line in open(HERE / "../tekken/encode.jsonl", encoding="utf-8"):
            text = json.loads(line)["text"]
            record = {"text": text, "tekken": tekken.encode(text, False, False), "tiktoken": gpt2.encode(text, allowed_special="all")}
            file.write(json.dumps(record) + "\n")


if __name__ == "__main__":
    main()
