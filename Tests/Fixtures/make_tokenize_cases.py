#!/usr/bin/env python3
"""Write the cases of Tests/Cases/grape-tokenize whose output has tokens.

Texts and groups are put together here by hand from the record's parts, tokens come from Hugging Face tokenizers, and
hashes from the xxhash package; nothing comes from the program under test.

usage: make_tokenize_cases.py     needs: tokenizers xxhash
"""
import json
import os

import xxhash
from tokenizers import Tokenizer

FIXTURES = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(FIXTURES, "..", "Cases", "grape-tokenize")
BEGINNING = {"llama-3": "<|begin_of_text|>"}
END = {"llama-3": "<|end_of_text|>", "smollm-2": "<|endoftext|>"}
ROLES = {"system": 0, "user": 1, "assistant": 2, "tool": 3}


def group(messages):
    parts = b"".join(bytes([ROLES.get(r, 255)]) + len(c.encode()).to_bytes(8, "little") + c.encode() for r, c in messages)
    return xxhash.xxh64(parts).hexdigest()


def encode(model, text, literal=False):
    """Ids, and the character at which each token's text ends."""
    tokenizer = Tokenizer.from_file(os.path.join(FIXTURES, "models", model, "tokenizer.json"))
    tokenizer.encode_special_tokens = literal
    encoding = tokenizer.encode(text, add_special_tokens=False)
    return encoding.ids, [end for _, end in encoding.offsets]


def tokens(model, before, response, after="", boundary="token", literal=False, score_end=False, max_length=None):
    """Ids, spans, and whether ids were cut off."""
    if boundary == "split" and before:
        ids, _ = encode(model, before, literal)
        more, ends = encode(model, response + after, literal)
        start, stop = 0, len(response)
    else:
        ids = []
        more, ends = encode(model, before + response + after, literal)
        start, stop = len(before), len(before + response)
    first = next(k for k, end in enumerate(ends) if end > start)
    last = next(k for k, end in enumerate(ends) if end >= stop)
    span = [len(ids) + first, len(ids) + last + 1]
    ids = ids + more
    vocabulary = Tokenizer.from_file(os.path.join(FIXTURES, "models", model, "tokenizer.json"))
    beginning = BEGINNING.get(model) and vocabulary.token_to_id(BEGINNING[model])
    if beginning is not None and ids[0] != beginning:
        ids, span = [beginning] + ids, [span[0] + 1, span[1] + 1]
    spans = [span]
    if score_end:
        end = vocabulary.token_to_id(END[model])
        if span[1] < len(ids) and ids[span[1]] == end:
            spans = [[span[0], span[1] + 1]]
        elif span[1] == len(ids):
            ids, spans = ids + [end], [[span[0], span[1] + 1]]
        else:
            ids, spans = ids + [end], [span, [len(ids), len(ids) + 1]]
    truncated = max_length is not None and len(ids) > max_length
    if truncated:
        ids = ids[:max_length]
        spans = [[a, min(b, max_length)] for a, b in spans if a < max_length]
    return ids, spans, truncated


def line(record, messages, before, response, after="", model="smollm-2", template="qa", name=None, text=False,
         come_from=None, **options):
    """The record with its grape member, compact, before the closing brace."""
    ids, spans, truncated = tokens(model, before, response, after, **options)
    grape = {"group": name or group(messages), "tokens": ids, "spans": spans, "tokenizer": f"{model}@DIGEST/{template}"}
    if text:
        grape["text"] = before + response + after
    if truncated:
        grape["truncated"] = True
    if come_from:
        grape["from"] = come_from
    member = '"grape":' + json.dumps(grape, separators=(",", ":"), ensure_ascii=False)
    return record[:-1] + ("," if record != "{}" else "") + member + "}"


def case(name, options, records, expected, model="smollm-2", status=0, errors=None, then="", files={}):
    """`records` is what the file `input` holds, text or bytes; `expected` is a list of lines; `then` are commands that
    follow and must succeed; `files` are more files."""
    folder = os.path.join(CASES, name)
    os.makedirs(folder, exist_ok=True)

    def write(file, text):
        with open(os.path.join(folder, file), "wb") as out:
            out.write(text if isinstance(text, bytes) else text.encode())

    write("cmd", f"""grape-tokenize -m "$FIXTURES/models/{model}" {options} >output
status=$?
tr '\\0' '\\n' <output | sed 's/\\("tokenizer":"[^@"]*@\\)[0-9a-f]\\{{8\\}}/\\1DIGEST/'
{then}exit $status
""")
    if status:
        write("status", f"{status}\n")
    write("input", records)
    write("expected", "".join(text + "\n" for text in expected))
    if errors is not None:
        write("expected.err", errors)
    for file, text in files.items():
        write(file, text)


def lines(*records):
    return "".join(record + "\n" for record in records)


def qa(question):
    return f"Question: {question}\nAnswer: "


def user(text):
    return [("user", text)]


# One response, in every shape; what is around it comes out byte for byte.
Q, A = "What is 2+2?", "It is 4."
shapes = [
    '{"id": "a-1",  "instruction":"What is 2+2?","response":"It is 4.","source":"me", "n" : 1.50}',
    '{"messages": [{"role": "user", "content": "What is 2+2?"}, {"role": "assistant", "content": "It is 4."}]}',
    r'{"conversations":[{"from":"human","value":"What is 2\u002b2?"},{"from":"gpt","value":"It is 4."}],"\u00e9":"\u00e9"}',
    '{"prompt":"What is 2+2?","completion":"It is 4."}',
    '{"prompt":[{"role":"user","content":"What is 2+2?"}],"completion":[{"role":"assistant","content":"It is 4."}]}',
    '{"instruction":"What is 2+2?","input":"","output":"It is 4."}',
]
case("shapes", "input", lines(*shapes), [line(record, user(Q), qa(Q), A) for record in shapes])

# Several candidates: a record each.
several = lines(
    '{"source":"flan", "instruction":"What is 2+2?","completions":[{"model":"a","response":"It is 4.","rating":"4"},'
    '{"model": "b","response":"Four"}], "n" : 1.50}',
    '{"prompt":"What is 2+2?","answers":[{"answer":"It is 4.","model":"a","rank":1.0}]}',
    '{"input":"What is 2+2?","generations":["It is 4.","Four"]}',
    '{"prompt":"What is 2+2?","responses":["It is 4."]}',
    '{"prompt":"What is 2+2?","chosen":"It is 4.","rejected":"Four","score_chosen":8.50}',
    '{"chosen":[{"role":"user","content":"What is 2+2?"},{"role":"assistant","content":"It is 4."}],'
    '"rejected":[{"role":"user","content":"What is 2+2?"},{"role":"assistant","content":"Four"}]}',
)
F = "Four"
case("candidates", "input", several, [
    line('{"source":"flan","instruction":"What is 2+2?","response":"It is 4.","model":"a","rating":"4","n" : 1.50}',
         user(Q), qa(Q), A, come_from="completions[0]"),
    line('{"source":"flan","instruction":"What is 2+2?","response":"Four","model": "b","n" : 1.50}',
         user(Q), qa(Q), F, come_from="completions[1]"),
    line('{"prompt":"What is 2+2?","response":"It is 4.","model":"a","rank":1.0}', user(Q), qa(Q), A,
         come_from="answers[0]"),
    line('{"input":"What is 2+2?","response":"It is 4."}', user(Q), qa(Q), A, come_from="generations[0]"),
    line('{"input":"What is 2+2?","response":"Four"}', user(Q), qa(Q), F, come_from="generations[1]"),
    line('{"prompt":"What is 2+2?","response":"It is 4."}', user(Q), qa(Q), A, come_from="responses[0]"),
    line('{"prompt":"What is 2+2?","response":"It is 4.","score_chosen":8.50}', user(Q), qa(Q), A, come_from="chosen"),
    line('{"prompt":"What is 2+2?","response":"Four","score_chosen":8.50}', user(Q), qa(Q), F, come_from="rejected"),
    line('{"messages":[{"role":"user","content":"What is 2+2?"},{"role":"assistant","content":"It is 4."}]}',
         user(Q), qa(Q), A, come_from="chosen"),
    line('{"messages":[{"role":"user","content":"What is 2+2?"},{"role":"assistant","content":"Four"}]}',
         user(Q), qa(Q), F, come_from="rejected"),
])

# Turns before the question, Alpaca's input, awkward characters, and an earlier run's fields.
turns = ('{"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"},'
         '{"role":"tool","content":"{}"},{"role":"user","content":"And?"},{"role":"assistant","content":"So."}]}')
alpaca = '{"instruction":"Add.","input":"1 2","output":"3"}'
awkward = r'{"prompt":"caf\u00e9 \ud83d\ude00\t日本語\n\n","response":"  naïve\n```c\nint x;\n```\n\"ok\" \\ \u0000."}'
stale = ('{"prompt":"Hi","grape":{"score":-1,"mine":[1, 2],"tokens":[9],"model":"m","group":"g","logprobs":[0],"text":"t",'
         '"truncated":true,"from":"f"},"response":"Yes"}')
expected = line('{"prompt":"Hi","response":"Yes"}', user("Hi"), qa("Hi"), "Yes")
member = expected[expected.index('"grape":{') + len('"grape":{'):-1]
case("contexts", "input", lines(turns, alpaca, awkward, stale), [
    line(turns, [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("tool", "{}"), ("user", "And?")],
         "Be brief.\n\nQuestion: Hi\nAnswer: Hello!\n\nTool: {}\nQuestion: And?\nAnswer: ", "So."),
    line(alpaca, user("Add.\n1 2"), qa("Add.\n1 2"), "3"),
    line(awkward, user("café 😀\t日本語\n\n"), qa("café 😀\t日本語\n\n"), '  naïve\n```c\nint x;\n```\n"ok" \\ \0.'),
    '{"prompt":"Hi","grape":{"mine":[1, 2],' + member + ',"response":"Yes"}',
])

# Templates.
record = '{"instruction":"Why?","response":"Because.","topic":"logic","n":7}'
case("template-plain", "--template plain --keep-text input", lines(record), [
    line(record, user("Why?"), "Why?", "Because.", template="plain", text=True)])
fmt = r"[{topic} {n}] {instruction}\n=> {response}<|endoftext|>"
name = "format@" + xxhash.xxh64(fmt.encode()).hexdigest()[:8]
case("template-format", f"--template '{fmt}' --keep-text input", lines(record), [
    line(record, user("Why?") + [("field", "logic"), ("field", "7")], "[logic 7] Why?\n=> ", "Because.", "<|endoftext|>",
         template=name, text=True)])

# The response's first token: straddling the border, or cut there.
border = [f'{{"prompt":"{p}","response":"{r}"}}' for p, r in [("a ", "the"), ("th", "e"), ("x", " y"), ("", "z")]]
pairs = [("a ", "the"), ("th", "e"), ("x", " y"), ("", "z")]
case("boundary-token", "--template plain input", lines(*border), [
    line(b, user(p), p, r, template="plain") for b, (p, r) in zip(border, pairs)])
case("boundary-split", "--template plain --boundary split input", lines(*border), [
    line(b, user(p), p, r, template="plain", boundary="split") for b, (p, r) in zip(border, pairs)])

# The beginning token comes once, whoever puts it there; the text of special tokens, taken both ways.
begins = ['{"prompt":"Hi","response":"Yes"}', '{"prompt":"<|begin_of_text|>Hi","response":"Yes<|eot_id|>"}']
for name, options in [("specials", {}), ("literal-specials", {"literal": True})]:
    case(name, f'--template plain {"--literal-specials" if options else ""} input', lines(*begins), [
        line(begins[0], user("Hi"), "Hi", "Yes", template="plain", model="llama-3", **options),
        line(begins[1], user("<|begin_of_text|>Hi"), "<|begin_of_text|>Hi", "Yes<|eot_id|>", template="plain",
             model="llama-3", **options)], model="llama-3")

# The end token.
ends = '{"prompt":"Hi","response":"Yes"}'
case("score-end", "--score-end input", lines(ends), [line(ends, user("Hi"), qa("Hi"), "Yes", score_end=True)])
for name, tail in [("score-end-in-text", "<|endoftext|>"), ("score-end-after-text", " (end)")]:
    fmt = "{instruction}: {response}" + tail
    case(name, f"--score-end --template '{fmt}' input", lines(ends), [
        line(ends, user("Hi"), "Hi: ", "Yes", tail, score_end=True,
             template="format@" + xxhash.xxh64(fmt.encode()).hexdigest()[:8])])

# Cut to a length: a part of the response, none of it left.
long = '{"prompt":"Tell me.","response":"Once upon a time there was a number, and it was small."}'
response = "Once upon a time there was a number, and it was small."
count = len(encode("smollm-2", qa("Tell me."))[0])
for name, length in [("max-length", count + 3), ("max-length-all", 1000)]:
    case(name, f"--max-length {length} --score-end input", lines(long), [
        line(long, user("Tell me."), qa("Tell me."), response, max_length=length, score_end=True)])
case("max-length-none-left", "--max-length 3 input", lines(long, ends),
     [], status=1, errors="grape-tokenize: input:1: the response begins past the first 3 tokens\n"
     "grape-tokenize: input:2: the response begins past the first 3 tokens\ngrape-tokenize: 2 bad records\n")

# The group from the record.
groups = ['{"prompt":"Hi","response":"Yes","id":7}', r'{"prompt":"Hi","response":"No","id":"\u0061/\"b"}']
case("group-by", "--group-by id input", lines(*groups, '{"prompt":"Hi","response":"So"}', '{"prompt":"Hi","response":"So","id":[]}'),
     [line(groups[0], [], qa("Hi"), "Yes", name="7"), line(groups[1], [], qa("Hi"), "No", name='a/"b')], status=1,
     errors="grape-tokenize: input:3: no value at id\ngrape-tokenize: input:4: id is not a text, number or boolean\n"
     "grape-tokenize: 2 bad records\n")

# Things at other places.
odd = '{"data":{"q":"Why?","a":["No.","Because."]},"prompt":"other","response":"other"}'
case("paths", "--prompt data.q --response 'data.a[1]' input", lines(odd), [line(odd, user("Why?"), qa("Why?"), "Because.")])
choices = '{"question":"Why?","choices":[{"message":{"content":"No."},"index":0},{"message":{"content":"Because."},"index":1}]}'
case("paths-candidates", "--prompt question --candidates choices --response message.content input", lines(choices), [
    line('{"question":"Why?","response":"No.","message":{"content":"No."},"index":0}', user("Why?"), qa("Why?"), "No.",
         come_from="choices[0]"),
    line('{"question":"Why?","response":"Because.","message":{"content":"Because."},"index":1}', user("Why?"), qa("Why?"),
         "Because.", come_from="choices[1]")])
both = '{"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes"}],"prompt":"P","response":"R"}'
case("shape", "--shape prompt input", lines(both, shapes[1]), [line(both, user("P"), qa("P"), "R")], status=1,
     errors="grape-tokenize: input:2: not in the shape 'prompt'; the members are messages\ngrape-tokenize: 1 bad record\n")

# Bad records among good ones: reported by line, copied, the rest goes on; all in input order.
good = '{"prompt":"Hi","response":"Yes"}'
bad = [
    ("not json", "not JSON: expected a value at byte 1"),
    ('{"prompt":"Hi","response":"Yes"} x', "not JSON: expected nothing after the value at byte 34"),
    (b'{"prompt":"Hi","response":"\xff"}', "not JSON: invalid UTF-8 at byte 28"),
    (r'{"prompt":"Hi","response":"\ud83d"}', "not JSON: lone surrogate in a string at byte 28"),
    ('["Hi","Yes"]', "not a JSON object"),
    ('{"id":1,"text":"Hi"}', "no recognised shape; the members are id, text: see --prompt and --response"),
    ('{"prompt":"Hi","response":""}', "empty response"),
    ('{"response":"Yes"}', "a response without a prompt; the members are response: see --prompt"),
    ('{"messages":[{"role":"user","content":"Hi"}]}', "messages has no assistant turn"),
    ('{"messages":[{"role":"me","content":"Hi"},{"role":"assistant","content":"Yes"}]}',
     "messages[0] has the unknown role 'me'"),
    ('{"prompt":"Hi","response":7}', "response is not a text"),
    ('{"prompt":"Hi","response":"Yes","grape":1}', "grape is not an object"),
    ('{"grape":{},"prompt":"Hi","response":"Yes","grape":{}}', "more than one grape member"),
]
data, errors = b"", ""
for number, (text, reason) in enumerate(bad):
    data += good.encode() + b"\n" + (text if isinstance(text, bytes) else text.encode()) + b"\n"
    errors += f"grape-tokenize: input:{2 * number + 2}: {reason}\n"
rejects = b"".join((text if isinstance(text, bytes) else text.encode()) + b"\n" for text, _ in bad)
case("bad-records", "--rejects rejects input", data, [line(good, user("Hi"), qa("Hi"), "Yes")] * len(bad), status=1,
     errors=errors + f"grape-tokenize: {len(bad)} bad records, copied to rejects\n",
     then="cmp rejects expected.rejects || exit 3\n", files={"expected.rejects": rejects})
some = '{"instruction":"Hi","completions":["Yes","",{"text":"No"},7]}'
case("bad-candidates", "input", lines(some, good), [
    line('{"instruction":"Hi","response":"Yes"}', user("Hi"), qa("Hi"), "Yes", come_from="completions[0]"),
    line('{"instruction":"Hi","response":"No"}', user("Hi"), qa("Hi"), "No", come_from="completions[2]"),
    line(good, user("Hi"), qa("Hi"), "Yes")], status=1,
    errors="grape-tokenize: input:1: completions[1]: empty response; completions[3]: no response\n"
    "grape-tokenize: 1 bad record\n")
case("strict", "--strict input", lines(good, "{", good), [line(good, user("Hi"), qa("Hi"), "Yes")], status=1,
     errors="grape-tokenize: input:2: not JSON: unexpected end at byte 2\ngrape-tokenize: 1 bad record\n")

# Streams: an array, carriage returns, NUL, no separator at the end.
yes = line(good, user("Hi"), qa("Hi"), "Yes")
case("array", "input", "[\n " + good + ",\n" + good + "\n]\n", [yes, yes])
case("carriage-returns", "- <input", good + "\r\n\r\n" + good, [yes, yes])
case("null", "-z input", good + "\0" + good + "\0", [yes, yes])
case("several-files", "input - input <input", lines(good), [yes, yes, yes])
