#!/usr/bin/env python3
"""Write features.jsonl: what Hugging Face tokenizers makes of texts when parts of ../gpt2/tokenizer.json are replaced.

One variant a line: `changes` are members of tokenizer.json that replace those of gpt2, `model` members of its model;
`cases` have the text, whether special tokens are taken literally, the ids, and for each token where its text ends, in
bytes of the text (the end of the character that the reference gives).

    python3 -m venv v && v/bin/pip install tokenizers==0.23.*
    v/bin/python make_features.py > features.jsonl
"""
import copy
import json
import os
import random

from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def byte_level(prefix=False, regex=False):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def digits(individual):
    return {"type": "Digits", "individual_digits": individual}


def added(content, **flags):
    off = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
    return {"id": None, "content": content, **off, **flags}


def variants():
    for behavior in ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
        for invert in (False, True):
            yield f"{behavior} {invert}", {"pre_tokenizer": sequence(split(r"\p{L}+|-", behavior, invert), byte_level())}
        yield f"{behavior} string", {"pre_tokenizer": sequence(split(" ", behavior, kind="String"), byte_level())}
    pre = {
        "gaps": sequence(split(r"\p{Lu}\p{Ll}+|[0-9]{2,3}|ab?c*?d"), byte_level(regex=True)),
        "prefix space": byte_level(prefix=True, regex=True),
        "prefix space after digits": sequence(digits(False), byte_level(prefix=True, regex=True)),
        "digits together": sequence(digits(False), byte_level(regex=True)),
        "digits apart": sequence(digits(True), byte_level(regex=True)),
        "three digits": sequence(split(r"\p{N}{1,3}"), byte_level(regex=True)),
        "digits split again": sequence(split(r"\p{N}{1,3}"), split(r"\p{N}|\p{L}{1,4}|[^\p{N}\p{L}]"), byte_level()),
        "no regular expression": byte_level(),
        "possessive": sequence(split(
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"),
            byte_level()),
        "possessive star": sequence(split(r"\p{L}*+\p{Nd}|a++b?|x?+y|."), byte_level()),
        "lazy": sequence(split(r"\p{L}{2,4}?|a+?b|\s+?(?=\S)|\w+"), byte_level()),
        "words": sequence(split(r"\w+|[^\w\s]+", "Removed", True), byte_level()),
        "options to the group's end": sequence(split(r"a(?i)bk|Ks|[x-z]+"), byte_level(regex=True)),
        "class operations": sequence(split(r"(?m:a.)|b.|\h{2}|[[a-f]&&[^bd]]+|[\p{L}&&[^a-z]]+"), byte_level()),
        "cases": sequence(split(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re)?"
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re)?"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"), byte_level()),
        "three splits": sequence(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(
            r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
            r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), byte_level()),
    }
    for name, value in pre.items():
        yield name, {"pre_tokenizer": value}
    for normalizer in (None, {"type": "NFC"}):
        for normalized in (False, True):
            for flags in ({}, {"lstrip": True, "rstrip": True}, {"single_word": True}, {"single_word": True, "rstrip": True}):
                tokens = [added("<|endoftext|>", special=True, **flags)]
                tokens += [added(t, normalized=normalized, **flags) for t in ("the", "the cat", "好")]
                tokens += [added("ab", normalized=not normalized)]
                tokens += [added(t, normalized=normalized) for t in ("  ", "é", "e\u0301x")]
                name = " ".join(["added", *flags, "normalized" * normalized, "NFC" if normalizer else ""])
                yield name, {"normalizer": normalizer, "added_tokens": tokens}
    wrap = {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}
    special = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    a = {"Sequence": {"id": "A", "type_id": 0}}
    template = {"type": "TemplateProcessing", "single": [special, a, special], "pair": [a, a], "special_tokens": wrap}
    yield "template", {"post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, template]}}


def build(base, changes, model):
    result = {**copy.deepcopy(base), **copy.deepcopy(changes)}
    result["model"].update(model)
    vocabulary = result["model"]["vocab"]
    following = len(vocabulary)
    for token in result["added_tokens"]:
        if token["id"] is None:
            token["id"] = vocabulary.get(token["content"], following)
            following += token["id"] == following
    return result


def texts(seed, tokens):
    choice = random.Random(seed).choice
    words = ["the", "don't", " I'll", "WE'RE", "'S", "'ſ", "Hello", " world", "12345", "3.14", "naïve", "Straße", "the cat"]
    words += [" ", "  ", "\n", "\r\n", "\t ", "\u00a0", "\u3000", "\u200d", "-", "--", "ab", "aBK", "abccd", "xyz", "KS", "_"]
    words += ["e\u0301", "e\u0327\u0301", "\u0323\u0307", "\u1100\u1161\u11a8", "각", "\u0958", "\u0344", "ٱ", "²", "٣"]
    words += ["好", "🙂", "日本語の", "é", "a" * 20, "\U00011de0", "=", "<|endof", "text|>"] + tokens * 2
    for _ in range(14):
        yield "".join(choice(words) for _ in range(choice([1, 2, 4, 8, 16])))


def ends(text, offsets):
    """Ends in characters as ends in bytes."""
    lengths = [0]
    for c in text:
        lengths.append(lengths[-1] + len(c.encode()))
    return [lengths[b] for _, b in offsets]


def main():
    base = json.load(open(os.path.join(HERE, "../gpt2/tokenizer.json")))
    older = [" ".join(m) for m in base["model"]["merges"]]
    for number, (name, changes) in enumerate(variants()):
        model = [{}, {"ignore_merges": True}, {"merges": None}][number % 3]
        if "added_tokens" in changes:
            changes["added_tokens"] = build(base, changes, {})["added_tokens"]
        used = {k: older if k == "merges" else v for k, v in model.items()}
        reference = Tokenizer.from_str(json.dumps(build(base, changes, used)))
        tokens = [t.content for t in reference.get_added_tokens_decoder().values()]
        cases = []
        for literal in (False, True) if "added_tokens" in changes else (False,):
            reference.encode_special_tokens = literal
            for text in texts(number, tokens):
                e = reference.encode(text, add_special_tokens=False)
                case = {"text": text, "ids": e.ids, "ends": ends(text, e.offsets)}
                case["ids_special"] = reference.encode(text).ids
                if literal:
                    case["literal"] = True
                if case["ids_special"] == case["ids"]:
                    del case["ids_special"]
                cases.append(case)
        # `"merges": null` stands for gpt2's own in the older spelling, strings with a space.
        print(json.dumps({"name": name.strip(), "changes": changes, "model": model, "cases": cases}, ensure_ascii=False))


if __name__ == "__main__":
    main()
