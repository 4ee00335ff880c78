#!/usr/bin/env python3
"""Write the files Sources/Tokenization/Unicode/UnicodeData*.swift: the character data the tokenizers need.

The data must equal that of the reference implementation, Hugging Face tokenizers, which carries four
versions of Unicode: its regular expressions (Oniguruma) have 16.0, its `Digits` and `Lowercase` (the Rust
standard library) 17.0, its normal forms and `StripAccents` 9.0, its `Punctuation` 8.0. Categories and canonical
decompositions come from unicodedata2 16.0; the reference is asked for what is newer or older than that, and
every code point is compared with it.

    python3 -m venv v && v/bin/pip install tokenizers==0.23.* unicodedata2==16.0.0
    v/bin/python Examples/bench/unicode_tables.py

With --check nothing is written but the comparison with the reference.
"""
import pathlib
import sys
import textwrap

import tokenizers
import unicodedata2 as ucd
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

CATEGORIES = "Cn Cc Cf Co Cs Ll Lm Lo Lt Lu Mc Me Mn Nd Nl No Pc Pd Pe Pf Pi Po Ps Sc Sk Sm So Zl Zp Zs".split()
SCRIPTS = """
Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki
Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic
Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic
Garay Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Gurung_Khema Han Hangul Hanifi_Rohingya Hanunoo Hatran
Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li
Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani
Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu
Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi
Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar
Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta
Todhri Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square
""".split()
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
EVERYTHING = "".join(map(chr, SCALARS))

assert ucd.unidata_version == "16.0.0", ucd.unidata_version
assert tokenizers.__version__.startswith("0.23."), tokenizers.__version__


def matching(pattern):
    """The code points that the reference's regular expression matches."""
    kept = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str(EVERYTHING)
    return set(SCALARS) - {ord(c) for piece, _ in kept for c in piece}


def numeric():
    """The code points that the reference's Digits sets apart."""
    pieces = pre_tokenizers.Digits(True).pre_tokenize_str("".join("a" + chr(c) for c in SCALARS))
    return {ord(piece) for piece, _ in pieces if piece[0] != "a"}


def ranges(members):
    """Sorted code points as [(first, last)]."""
    out = []
    for c in sorted(members):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def words():
    """Code points of the Rust regex crate's \\w, which single_word added tokens use."""
    other_alphabetic = {*range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A), *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A)}
    kinds = {"Nd", "Nl", "Pc"}
    return other_alphabetic | {0x200C, 0x200D} | {
        c for c in SCALARS if ucd.category(chr(c))[0] in "LM" or ucd.category(chr(c)) in kinds}


def reference_words():
    """The code points that keep a single_word added token from matching next to them."""
    t = Tokenizer(models.BPE(vocab={}, merges=[]))
    t.add_tokens([AddedToken("@", single_word=True, normalized=False)])
    return {c for c in SCALARS if c != 0x40 and not t.encode("@" + chr(c)).ids}


nfc = normalizers.NFC().normalize_str
nfd = normalizers.NFD().normalize_str
nfkc = normalizers.NFKC().normalize_str
nfkd = normalizers.NFKD().normalize_str
lowercase = normalizers.Lowercase().normalize_str
strip_accents = normalizers.StripAccents().normalize_str


def reference_orders(c):
    """Whether the reference gives the combining mark c its canonical combining class."""
    return all(nfc(t) == ucd.normalize("NFC", t) for t in ("a\u0334" + chr(c), "a" + chr(c) + "\u0334", "a\u0345" + chr(c), "a" + chr(c) + "\u0345"))


def canonical():
    """Combining classes, primary composites and other decompositions as the reference has them."""
    classes = {c: ucd.combining(chr(c)) for c in SCALARS if ucd.combining(chr(c)) and reference_orders(c)}
    composites, others = {}, {}
    for c in SCALARS:
        d = ucd.decomposition(chr(c))
        if not d or d.startswith("<"):
            continue
        parts = [int(x, 16) for x in d.split()]
        text = "".join(map(chr, parts))
        if nfc(chr(c)) == chr(c) and nfc(text) == chr(c):
            composites[c] = parts
        elif nfc(chr(c)) != chr(c):
            others[c] = parts
        else:
            # Newer than the reference's normalizer: neither decomposed nor composed.
            assert nfc(text) == text, hex(c)
    return classes, composites, others


def punctuation():
    """The code points that the reference's Punctuation sets apart."""
    pieces = pre_tokenizers.Punctuation("isolated").pre_tokenize_str("".join("a" + chr(c) for c in SCALARS))
    return {ord(piece) for piece, _ in pieces if piece[0] != "a"}


def compare(name, ours, theirs):
    more, less = sorted(ours - theirs), sorted(theirs - ours)
    print(f"{name}: {len(theirs)} code points, {len(more) + len(less)} differ", *map(hex, (more + less)[:8]), file=sys.stderr)
    return not more and not less


def check():
    good = True
    for category in CATEGORIES:
        if category != "Cs":
            ours = {c for c in SCALARS if ucd.category(chr(c)) == category}
            good &= compare(category, ours, matching(r"\p{%s}" % category))
    good &= compare("\\w of single_word", words() - {0x40}, reference_words())
    good &= all(nfc(chr(c)) == ucd.normalize("NFC", chr(c)) for c in SCALARS)
    good &= all(nfkc(chr(c)) == nfc(nfkd(chr(c))) for c in SCALARS)
    good &= all(len(lowercase(chr(c))) <= 2 for c in SCALARS)
    print("Normal forms of every code point:", "equal" if good else "DIFFERENT", file=sys.stderr)
    return good


def array(name, summary, values, width=4):
    text = f"  /// {summary}\n  static let {name}: [UInt32] = [\n"
    line = "   "
    for v in values:
        item = f" 0x{v:0{width}x},"
        if len(line) + len(item) > 110:
            text += line + "\n"
            line = "   "
        line += item
    return text + line + "\n  ]\n"


def flat(rows):
    return [x for row in rows for x in row]


def write(name, about, declaration, arrays):
    folder = pathlib.Path(__file__).resolve().parents[2] / "Sources/Tokenization/Unicode"
    head = f"// Written by Examples/bench/unicode_tables.py; do not edit.\n//\n// Long because it is data: {about}\n\n"
    (folder / name).write_text(head + declaration + " {\n" + "\n".join(arrays) + "}\n")


def write_categories():
    runs, previous = [], None
    for c in range(0x110000):
        k = CATEGORIES.index(ucd.category(chr(c)))
        if k != previous:
            runs.append(c << 8 | k)
            previous = k
    extra = numeric() - {c for c in SCALARS if ucd.category(chr(c))[0] == "N"}
    declaration = f"/// Unicode character data, equal to that in Hugging Face tokenizers {tokenizers.__version__}.\nenum UnicodeData"
    write("UnicodeData.swift", "Unicode 16.0 categories and what the reference's older and newer parts add.", declaration, [
        array("categoryRuns", "Runs of equal general category (Unicode 16.0): first code point << 8 | `GeneralCategory`.", runs, 8),
        array("whiteSpace", "White_Space: first and last code point of each range.", flat(ranges(matching(r"\s")))),
        array("newerNumbers", "Numbers of Unicode 17.0 that 16.0 has not, which `Digits` knows: first and last of each range.",
              flat(ranges(extra))),
        array("punctuation", "What the pre-tokenizer `Punctuation` sets apart (Unicode 8.0): first and last of each range.",
              flat(ranges(punctuation()))),
    ])


def write_normalization():
    classes, composites, others = canonical()
    class_runs = []
    for first, last in ranges(classes):
        start = first
        for c in range(first, last + 2):
            if c > last or classes[c] != classes[start]:
                class_runs.append((start, c - 1, classes[start]))
                start = c
    compatible = [(c, nfkd(chr(c))) for c in SCALARS if nfkd(chr(c)) != nfd(chr(c))]
    lower = [(c, lowercase(chr(c))) for c in SCALARS if lowercase(chr(c)) != chr(c)]
    marks = {c for c in SCALARS if not strip_accents(chr(c))}
    write("UnicodeData+Normalization.swift", "what the normal forms, StripAccents and Lowercase need.", "extension UnicodeData", [
        array("combiningClasses", "Canonical combining classes that are not 0 (Unicode 9.0): first, last, class.", flat(class_runs)),
        array("composites", "Primary composites (Unicode 9.0), Hangul apart: composite, first, second.",
              flat((c, *p) for c, p in sorted(composites.items()))),
        array("decompositions", "Characters that NFC always decomposes (Unicode 9.0): character, first, second or 0.",
              flat((c, *p, 0)[:3] for c, p in sorted(others.items()))),
        array("compatibilityDecompositions", "Characters whose NFKD is not their NFD (Unicode 9.0), with their full decomposition: "
              "character,\n  /// its length, the code points.", flat((c, len(d), *map(ord, d)) for c, d in compatible)),
        array("combiningMarks", "What `StripAccents` takes away (Unicode 9.0): first and last of each range.", flat(ranges(marks))),
        array("lowercase", "Characters that `Lowercase` changes (Unicode 17.0): character, first, second or 0.",
              flat((c, *map(ord, d), 0)[:3] for c, d in lower)),
    ])


def folds():
    """How the reference's regular expressions disregard case: {character: the least that it matches}, and the characters
    that match several."""
    cased = {c for c in SCALARS for text in [chr(c)]
             if any(f(text) != text for f in (str.lower, str.upper, str.title, str.casefold, lowercase))}
    cased |= {ord(x) for c in cased for f in (str.lower, str.upper, str.title, str.casefold) for x in f(chr(c))}
    text = "\n".join(map(chr, sorted(cased)))
    least, several = {}, {}
    for c in sorted(cased):
        split = pre_tokenizers.Split(Regex(r"(?i:\x{%x})" % c), "removed")
        matched = cased - {ord(x) for piece, _ in split.pre_tokenize_str(text) for x in piece}
        assert c in matched
        if min(matched) != c:
            least[c] = min(matched)
        full = chr(c).casefold()
        if len(full) > 1 and not split.pre_tokenize_str(full):
            several[c] = tuple(map(ord, full))
    return least, several


def write_patterns():
    runs, scripts = [], {}
    for number, name in enumerate(SCRIPTS):
        scripts.update(dict.fromkeys(matching(r"\p{%s}" % name), number + 1))
    for c in range(0x110000):
        k = scripts.get(c, 0)
        if not runs or runs[-1] & 0xFF != k:
            runs.append(c << 8 | k)
    category = {c: ucd.category(chr(c)) for c in SCALARS}
    alphabetic, lower, upper = matching("[[:alpha:]]"), matching("[[:lower:]]"), matching("[[:upper:]]")
    letters = {c for c in SCALARS if category[c][0] == "L" or category[c] == "Nl"}
    assert not letters - alphabetic
    least, several = folds()

    def sets(name, summary, members):
        return array(name, summary + " (Unicode 16.0): first and last of each range.", flat(ranges(members)))

    names = ", ".join(f'"{name}"' for name in SCRIPTS)
    lines = textwrap.wrap(names, 106, break_on_hyphens=False)
    write("UnicodeData+Patterns.swift", "what regular expressions need besides categories.", "extension UnicodeData", [
        "  /// Names of scripts, in the order of their numbers in `scriptRuns`, from 1.\n  static let scripts = [\n"
        + "".join(f"    {line}\n" for line in lines) + "  ]\n",
        array("scriptRuns", "Runs of equal script (Unicode 16.0): first code point << 8 | number, 0 for none of the names.", runs, 8),
        sets("otherAlphabetic", "Alphabetic that are neither letters nor letter numbers", alphabetic - letters),
        sets("otherLowercase", "Lowercase that are not Lowercase_Letter", lower - {c for c in SCALARS if category[c] == "Ll"}),
        sets("otherUppercase", "Uppercase that are not Uppercase_Letter", upper - {c for c in SCALARS if category[c] == "Lu"}),
        sets("emoji", "Emoji", matching(r"\p{Emoji}")),
        sets("pictographic", "Extended_Pictographic", matching(r"\p{Extended_Pictographic}")),
        sets("ideographic", "Ideographic", matching(r"\p{Ideographic}")),
        array("caseFolds", "Characters that match each other without regard to case (Unicode 16.0): character, the least of them.",
              flat(sorted(least.items()))),
        array("multipleFolds", "Characters that match several when case is ignored (Unicode 16.0): character, then two or three or 0.",
              flat((c, *m, 0)[:4] for c, m in sorted(several.items()))),
    ])


def main():
    if not check():
        sys.exit("the data differs from the reference")
    if "--check" not in sys.argv:
        write_categories()
        write_normalization()
        write_patterns()


if __name__ == "__main__":
    main()
