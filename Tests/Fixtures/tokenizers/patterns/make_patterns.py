#!/usr/bin/env python3
"""Write patterns.jsonl: where regular expressions match, by Hugging Face tokenizers (Oniguruma).

    make_patterns.py [TEXTS [SEED [RANDOM]]] > patterns.jsonl

One line a pattern: its texts, and for each the ends of the pieces (in code points) that `Split(…, "isolated")` makes. The
texts are random, of characters that the pattern's own letters and classes tell apart. RANDOM adds so many random patterns.
"""
import json
import random
import sys

from tokenizers import Regex, pre_tokenizers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
LETTERS = [r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"]
HEAD = r"[^\r\n\p{L}\p{N}]?"
TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
HAN = [f"[{kinds}&&[^\\p{{Han}}]]" for kinds in LETTERS]

# By the models that have them.
REAL = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CONTRACTIONS + "|" + HEAD + r"\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL,
    "qwen35": CONTRACTIONS + "|" + HEAD + r"[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + TAIL,
    "o200k": f"{HEAD}[{LETTERS[0]}]*[{LETTERS[1]}]+{CONTRACTIONS}?|{HEAD}[{LETTERS[0]}]+[{LETTERS[1]}]*{CONTRACTIONS}?|"
             + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|" + TAIL,
    "kimi-k2": r"[\p{Han}]+|" + f"{HEAD}{HAN[0]}*{HAN[1]}+{CONTRACTIONS}?|{HEAD}{HAN[0]}+{HAN[1]}*{CONTRACTIONS}?|"
               + r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL,
    "deepseek": r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|""" + TAIL,
    "deepseek cjk": "[一-龥぀-ゟ゠-ヿ]+",
    "deepseek punctuation": r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    "deepseek end": r"\s+$",
    "bloom": r" ?[^(\s|.,!?…。，、।۔،)]+",
    "bailing": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "exaone4": CONTRACTIONS + "|" + HEAD + r"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
    "jais": r"\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}|\S+",
    "command": r"\d{1,3}(?=(?:\d{3})*\b)",
    "superbpe": r"(?=(\d{3})+(?!\d))",
    "metaspace": "(?=▁)",
    "words": r"\w+|[^\w\s]+",
}
SYNTAX = [
    r"(?<!\S)a|b", r"(?<=\s)\w+", r"(?<!a)b+", r"(?<=^|\s)a", r"\bab?", r"a\b", r"\B.", r"^.", r".$", r"\Aa|b\z", r"\s\Z|a", "^", "$",
    r"\b", "a(?=bc)|c", "a(?!bc|d)", "(?=ab)a.|b", "(?!ab)a", r"a++b?|.", "(?>a|ab)c|b", "(?>ab|a)c", "(?:ab)++a", "a{2}?b",
    "a{2,3}+b", "a{,2}b", "a{,}", "(?<x>a)b", "(?#no)a", "[[:alpha:]]+", "[[:^space:][:digit:]]+", "[[:punct:]]+|[[:word:]]", r"\p{Punct}+",
    r"[\p{Lower}&&[^a]]+", r"\p{Greek}+|\p{Cyrillic}+", r"\p{Hiragana}+|\p{Katakana}+|\p{Hangul}+|\p{Thai}", r"\p{^Latin}+", r"\P{Han}+",
    r"\p{Uppercase_Letter}+", r"(?i:é)|(?i:σ)+", "(?i)[a-c]+", r"(?i)[^b\s]+", r"(?i:K|x)", "[]a]+", "[^]a]+", "[a-]+", r"[\x61-\x{63}]+",
    r"\u00e9|\x62", r"\R", r"\N+", r"\h+", r"a\0?", "(?m:.)+", ".+", r"\p{Emoji}+", r"\p{Extended_Pictographic}", "(a|ab)(c|bcd)(d*)",
    r"(?=\d)\d|(?<=\d)[a-z]", r"(?<!\d)(?=\d)", r"\s+(?=\S)", r"(?<=[.!?])\s+", r"a?", r"(?=a|b)", r"(?<=a)(?=b)|c", "x*",
]
SPECIAL = "aaabbbccdexyABK stvlre''12 3,.\r\n\t\u00e9\u017f\u212a\u03c3\u03c2\u03a3\u597d\u4e2d\u3042\u30a2\ud55c\u0e01\u0301\u0e31\U0001f642\u3000!\u2581/-]\u0416\u01c5\u02b0\u2167\u00b2\x00"
INTERVALS = ["", "", "", "*", "+", "?", "+?", "*?", "{2}", "{1,3}", "{2,}", "++", "?+", "*+"]


def random_text(r):
    return "".join(r.choice(SPECIAL) for _ in range(r.choice([1, 2, 4, 8, 16, 24])))


def random_pattern(r, depth=2):
    atoms = ["a", "b", "c", r"\s", r"\S", r"\d", r"\p{L}", r"\p{N}", "[ab]", "[^a]", r"[^\s\p{L}]", "."]
    looks = ["(?=a)", "(?!b)", "(?<=a)", "(?<!b)", r"\b", r"(?!\S)", "(?=ab)", "(?!bc)", "^", "$", r"(?<!\s)"]

    def item():
        if r.random() < 0.12:
            return r.choice(looks)
        if depth and r.random() < 0.25:
            return "(?:" + random_pattern(r, depth - 1) + ")" + r.choice(["", "", "?", "{1,2}"])
        return r.choice(atoms) + r.choice(INTERVALS)

    return "|".join("".join(item() for _ in range(r.choice([1, 1, 2, 3]))) for _ in range(r.choice([1, 1, 2, 3])))


def ends(pattern, text):
    return [end for _, (_, end) in pre_tokenizers.Split(Regex(pattern), "isolated").pre_tokenize_str(text)]


def main():
    count, seed, extra = (int(x) for x in (sys.argv[1:] + ["30", "1", "0"][len(sys.argv) - 1:]))
    r = random.Random(seed)
    for pattern in [*REAL.values(), *SYNTAX, *(random_pattern(r) for _ in range(extra))]:
        texts = [random_text(r) for _ in range(count)]
        try:
            cases = [[text, *ends(pattern, text)] for text in texts]
        except Exception:
            continue
        print(json.dumps({"pattern": pattern, "cases": cases}, ensure_ascii=True))


if __name__ == "__main__":
    main()
