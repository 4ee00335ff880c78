#!/usr/bin/env python3
"""Compare grape-tokenize with Hugging Face tokenizers: ids, and where the response begins.

    compare_tokenizers.py MODEL [--reference tokenizer.json] [--random N] [--seed S] [FILE.jsonl ...]

MODEL is what grape-tokenize's -m takes; the reference is its tokenizer.json unless --reference names another (as it
must for a GGUF file). Each FILE has records with `instruction` and `response`: both are compared as texts by
themselves, and together under the template `qa`, with the place where the response begins. --random adds N texts of
words, odd characters of all of Unicode, combining marks, long runs and broken added tokens.

grape-tokenize must be in PATH; needs `pip install tokenizers==0.23.*`. Exit status 1 when anything differs.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer

WORDS = ["the", "don't", " I'll", "WE'RE", "it's", "'s", "'S", "'ſ", "'lL", "Hello", " world", "12345", "3.14", "naïve", "ﬁ"]
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "   \n", "\u0085", "\x1c", "\u180e", "\u200b"]
COMBINING = [*range(0x300, 0x345), 0x1E9B, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x212B, 0x2126, 0x340, 0x344, 0x958]
COMBINING += [0xFB1D, 0x1D15E, 0x9BE, 0x9C7, 0xBBE, 0x1025, 0x102E, 0x3099, 0x304B, 0x5D0, 0x5BC, 0xF71, 0xF72, 0xF74]
LONG = ["a", "=", "0", " ", "é", "好", "🙂", "\n", "'"]


def scalar(r):
    c = r.randrange(0x110000)
    return scalar(r) if 0xD800 <= c <= 0xDFFF else chr(c)


def random_text(r, added):
    kinds = [
        lambda: r.choice(WORDS), lambda: chr(r.randrange(0x20, 0x7F)), lambda: r.choice(SPACES),
        lambda: chr(r.choice(COMBINING)), lambda: r.choice("aeiouAEIOUSsczn") + chr(r.randrange(0x300, 0x345)),
        lambda: scalar(r), lambda: chr(r.randrange(0x80, 0x3000)), lambda: r.choice(LONG) * r.randrange(1, 40),
        lambda: broken(r, r.choice(added)) if added else "",
    ]
    return "".join(r.choice(kinds)() for _ in range(r.choice([1, 2, 3, 5, 8, 13, 30, 80])))


def broken(r, token):
    """An added token, or with equal chance a part of one."""
    cut = r.randrange(len(token) + 1)
    return r.choice([token, token, token[:cut], token[cut:]])


def tokenize(model, records, *options):
    """The `grape` member of each record."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        file.flush()
        command = ["grape-tokenize", "-m", model, *options, file.name]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return [json.loads(line)["grape"] for line in done.stdout.splitlines()]


def compare(name, reference, texts, results, begins=None):
    """Counts and shows differences; begins[i] is where the response begins in texts[i], in characters."""
    differing = 0
    for index, (text, result) in enumerate(zip(texts, results, strict=True)):
        expected = reference.encode(text)
        start = 0
        if begins:
            special = expected.special_tokens_mask
            reaching = (k for k, (_, end) in enumerate(expected.offsets) if not special[k] and end > begins[index])
            start = next(reaching, len(expected.ids))
        same = result["tokens"] == expected.ids and (not begins or result["spans"][0][0] == start)
        if not same:
            differing += 1
            if differing <= 5:
                print(f"  {text!r}\n    reference {expected.ids} {start}\n    grape     {result['tokens']} {result['spans']}")
    print(f"{name}: {len(texts)} texts, {differing} differ", flush=True)
    return differing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--reference")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    reference = Tokenizer.from_file(arguments.reference or os.path.join(arguments.model, "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    differing = 0

    def plain(name, texts):
        # An empty response is no record.
        texts = [t for t in texts if t]
        records = [{"instruction": "", "response": t} for t in texts]
        results = tokenize(arguments.model, records, "--template", "{instruction}{response}")
        return compare(name, reference, texts, results)

    for path in arguments.files:
        with open(path, encoding="utf-8") as lines:
            records = [{k: v for k, v in json.loads(line).items() if k in ("instruction", "response")} for line in lines]
        for field in ("instruction", "response"):
            differing += plain(f"{os.path.basename(path)} {field}", [r[field] for r in records])
        records = [r for r in records if r["response"]]
        contexts = [f"Question: {r['instruction']}\nAnswer: " for r in records]
        texts = [c + r["response"] for c, r in zip(contexts, records)]
        results = tokenize(arguments.model, records)
        differing += compare(f"{os.path.basename(path)} qa", reference, texts, results, [len(c) for c in contexts])
    if arguments.random:
        r = random.Random(arguments.seed)
        added = [t.content for t in reference.get_added_tokens_decoder().values()]
        differing += plain(f"random {arguments.seed}", [random_text(r, added) for _ in range(arguments.random)])
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
