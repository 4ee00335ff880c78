#!/usr/bin/env python3
"""Write characters.jsonl: what Hugging Face tokenizers makes of texts with variants of tokenizers of characters.

One variant a line: `base` names the family beside this folder, `changes` are members of its tokenizer.json that are
replaced, `model` members of its model, `renamed` tokens of its vocabulary that get other strings, `flags` members that all
added tokens get; `cases` have the text, the ids, for each token where its text ends, in bytes of the text (the greatest
end so far), and the decoded text.

    python3 -m venv v && v/bin/pip install tokenizers==0.23.*
    v/bin/python make_characters.py > characters.jsonl
"""
import copy
import json
import os
import random

from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))


def step(kind, **members):
    return {"type": kind, **members}


def normalizers(*steps):
    return step("Sequence", normalizers=list(steps))


def pre_tokenizers(*steps):
    return step("Sequence", pretokenizers=list(steps))


def decoders(*steps):
    return step("Sequence", decoders=list(steps))


def replace(old, new, kind="String"):
    return step("Replace", pattern={kind: old}, content=new)


def metaspace(scheme, split, mark="▁"):
    return step("Metaspace", replacement=mark, prepend_scheme=scheme, split=split)


def byte_level(prefix, regex):
    return step("ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=regex)


ALL_BYTES = {f"<0x{i:02X}>": f"<<{i:02X}>>" for i in range(256)}
SOME_BYTES = {k: v for i, (k, v) in enumerate(ALL_BYTES.items()) if i % 3 == 0}


def unigram(base, fallback, seed):
    """The base's vocabulary with scores; some are equal, and a token comes twice."""
    random.seed(seed)
    vocabulary = json.load(open(os.path.join(HERE, "..", base, "tokenizer.json")))["model"]["vocab"]
    tokens = [[t, -random.randrange(1, 6) - len(t) * 0.1 * (seed % 2)] for t, _ in sorted(vocabulary.items(), key=lambda x: x[1])]
    return {"type": "Unigram", "unk_id": 0, "byte_fallback": fallback, "vocab": tokens + [["the", -1.5], ["好好", -2.0]]}


def variants():
    for base in ("llama2", "mistral", "gemma"):
        yield base, "no bytes", {}, {}, ALL_BYTES, {}
        yield base, "unknown apart", {}, {"fuse_unk": False}, ALL_BYTES, {}
        yield base, "some bytes", {}, {}, SOME_BYTES, {}
        yield base, "no unknown token", {}, {"unk_token": None}, SOME_BYTES, {}
        yield base, "whole pieces", {}, {"ignore_merges": True}, {}, {}
        yield base, "normalized added tokens", {}, {}, {}, {"normalized": True}
        yield base, "normalized added tokens that strip", {}, {}, {}, {"normalized": True, "lstrip": True, "rstrip": True}
        yield base, "added words", {}, {}, {}, {"single_word": True}
    for scheme in ("always", "first", "never"):
        for split in (False, True):
            name = f"Metaspace {scheme} {split}"
            yield "mistral", name, {"pre_tokenizer": metaspace(scheme, split), "decoder": metaspace(scheme, split)}, {}, {}, {}
            steps = pre_tokenizers(step("Digits", individual_digits=True), metaspace(scheme, split))
            yield "mistral", name + " after digits", {"pre_tokenizer": steps, "normalizer": step("NFKC")}, {}, {}, {}
    steps = {"pre_tokenizer": pre_tokenizers(step("WhitespaceSplit"), metaspace("always", True))}
    xlnet = [replace("``", '"'), replace("''", '"'), step("NFKD"), step("StripAccents"), step("Lowercase"), replace(" {2,}", " ", "Regex")]
    yield "mistral", "words", steps, {}, {}, {}
    yield "mistral", "many normalizers", {**steps, "normalizer": normalizers(*xlnet)}, {}, {}, {}
    yield "mistral", "another mark", {"pre_tokenizer": metaspace("first", True, "_")}, {}, {}, {}
    for kind in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"):
        yield "gemma", kind, {"normalizer": normalizers(step(kind), replace(" ", "▁"))}, {}, {}, {}
    strip = step("Strip", strip_left=True, strip_right=True)
    yield "llama2", "Strip", {"normalizer": normalizers(strip, step("Prepend", prepend="xy"), replace("e", ""), step("NFC"))}, {}, {}, {}
    yield "llama2", "Replace", {"normalizer": normalizers(replace(r"\s+", " ", "Regex"), replace("[aeiou]", "uu", "Regex"))}, {}, {}, {"normalized": True}
    yield "llama2", "ByteLevel of the normalizer", {"normalizer": step("ByteLevel")}, {}, {}, {}
    for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        yield "llama2", "Punctuation " + behavior, {"normalizer": None, "pre_tokenizer": step("Punctuation", behavior=behavior)}, {}, {}, {}
    for kind, members in (("Whitespace", {}), ("CharDelimiterSplit", {"delimiter": "e"})):
        yield "llama2", kind, {"normalizer": None, "pre_tokenizer": step(kind, **members)}, {}, {}, {}
    yield "llama2", "ByteLevel", {"normalizer": None, "pre_tokenizer": byte_level(True, True)}, {}, {}, {}
    yield "gpt2", "a byte without a token", {}, {"unk_token": "Ġ", "fuse_unk": True}, {"!": "!!!!", "b": "bbbb"}, {}
    yield "gpt2", "ByteLevel before others", {"pre_tokenizer": pre_tokenizers(byte_level(False, False), metaspace("always", True))}, {}, {}, {}
    for seed, base in enumerate(("llama2", "mistral", "gemma")):
        yield base, f"Unigram {seed}", {"post_processor": None}, unigram(base, seed != 1, seed), {}, {}
    yield "mistral", "Unigram of words", {**steps, "post_processor": None}, unigram("mistral", True, 4), {}, {}
    fuse, fallback = step("Fuse"), step("ByteFallback")
    space = replace("▁", " ")
    for number, decoder in enumerate([
        decoders(space, fallback, fuse, step("Strip", content=" ", start=2, stop=1)),
        decoders(fallback, metaspace("first", True)),
        decoders(step("Strip", content="a", start=1, stop=0), fuse, replace("e", "E")),
        None,
        decoders(byte_level(True, True), fuse, replace(" ", "_")),
    ]):
        yield ("gpt2" if number == 4 else "llama2"), f"decoder {number}", {"decoder": decoder}, {}, {}, {}


def build(base, changes, model, renamed, flags):
    result = json.load(open(os.path.join(HERE, "..", base, "tokenizer.json")))
    result.update(copy.deepcopy(changes))
    if model.get("type"):
        result["model"] = copy.deepcopy(model)
        return result
    result["model"].update(model)
    vocabulary = {renamed.get(t, t): i for t, i in result["model"]["vocab"].items()}
    result["model"]["vocab"] = vocabulary
    result["model"]["merges"] = [[a, b] for a, b in result["model"]["merges"] if a in vocabulary and b in vocabulary and a + b in vocabulary]
    for token in result["added_tokens"]:
        token.update(flags)
    return result


def texts(seed, tokens):
    choice = random.Random(seed).choice
    words = ["the", "don't", " I'll", "WE'RE", "Hello", " world", "12345", "3.14", "naïve", "Straße", "ﬁ", "½", "İ", "Σς"]
    words += [" ", "  ", "   ", "\n", "\r\n", "\t ", "\u00a0", "\u3000", "\u200d", "-", "--", "ab", "(x)", "``", "_", "\x01"]
    words += ["e\u0301", "e\u0327\u0301", "\u1100\u1161\u11a8", "각", "ٱ", "²", "好", "好好", "🙂", "日本語の", "é", "a" * 20]
    words += ["▁", "▁▁", "▁the", "=", "Ġ", "<0x41>", "!", "b"] + [t[:3] for t in tokens] + tokens * 2
    for _ in range(10):
        yield "".join(choice(words) for _ in range(choice([1, 2, 4, 8, 16])))


def ends(text, offsets):
    """Ends in characters as ends in bytes, the greatest so far."""
    lengths = [0]
    for c in text:
        lengths.append(lengths[-1] + len(c.encode()))
    greatest = [0]
    for _, b in offsets:
        greatest.append(max(greatest[-1], lengths[b]))
    return greatest[1:]


def main():
    for number, (base, name, changes, model, renamed, flags) in enumerate(variants()):
        reference = Tokenizer.from_str(json.dumps(build(base, changes, model, renamed, flags)))
        tokens = [t.content for t in reference.get_added_tokens_decoder().values()]
        cases = []
        for text in texts(number, tokens):
            e = reference.encode(text, add_special_tokens=False)
            cases.append({"text": text, "ids": e.ids, "ends": ends(text, e.offsets), "decoded": reference.decode(e.ids, skip_special_tokens=False)})
        line = {"name": f"{base}: {name}", "base": base, "changes": changes, "model": model, "renamed": renamed, "flags": flags, "cases": cases}
        print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main()
