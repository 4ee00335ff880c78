"""What the scorers beside this file share: records in, scored records out, as SCORERS in grape(7) asks for.

Every byte of a record outside of its `grape` member stays as it is; the member itself is parsed and printed again.
Bad records are reported on standard error and left out. When the input pauses, what has been read is scored and written.
Standard library only.
"""
import json
import math
import os
import select
import signal
import sys
from json.decoder import scanstring

SPACE = " \t\n\r"

# Where grape-tokenize's records have their response, in the order in which it looks for it.
RESPONSES = (
    "messages", "conversations", "conversation", "response", "completion", "output", "generation", "generated_solution",
    "solution", "answer", "targets", "targets_pretokenized", "target", "message_2",
)


def refused(name):
    raise ValueError(f"{name} is no number")


# Python's own takes NaN and infinities.
DECODER = json.JSONDecoder(parse_constant=refused)


class BadRecord(Exception):
    """A record that cannot be scored, and why."""


class Failure(Exception):
    """Why the work cannot be done at all."""


class Record:
    """A line of the input.

    members  the record, a dictionary
    grape    its `grape` member, a dictionary; empty if it has none
    """

    def __init__(self, place, line):
        self.place = place
        try:
            self.text = line.decode("utf-8").rstrip("\r\n")
            self._parse()
            if "\\ud" in self.text or "\\uD" in self.text:
                json.dumps(self.members, ensure_ascii=False).encode()
        except UnicodeDecodeError:
            raise BadRecord("not UTF-8") from None
        except UnicodeEncodeError:
            raise BadRecord("half of a surrogate pair") from None
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"not JSON: {error}") from None
        if not isinstance(self.grape, dict):
            raise BadRecord("grape is not an object")

    def _parse(self):
        """Finds the members, and the range of the text that the `grape` member's value has or will have."""
        text = self.text
        index = self._skip(0)
        if text[index : index + 1] != "{":
            raise BadRecord("not a JSON object")
        index = self._skip(index + 1)
        self.members, self.grape, found = {}, {}, None
        while text[index : index + 1] == '"':
            key, index = scanstring(text, index + 1)
            index = self._skip(index)
            if text[index : index + 1] != ":":
                raise ValueError(f"expected ':' at character {index}")
            start = self._skip(index + 1)
            self.members[key], index = DECODER.raw_decode(text, start)
            if key == "grape":
                found = (start, index)
            index = self._skip(index)
            if text[index : index + 1] != ",":
                break
            index = self._skip(index + 1)
            if text[index : index + 1] != '"':
                raise ValueError(f"expected a member at character {index}")
        if text[index:].rstrip(SPACE) != "}":
            raise ValueError(f"expected '}}' at character {index}")
        if found:
            self.grape = self.members["grape"]
            self.head, self.tail = text[: found[0]], text[found[1] :]
        else:
            self.head = text[:index] + (',"grape":' if self.members else '"grape":')
            self.tail = text[index:]

    def _skip(self, index):
        while self.text[index : index + 1] in ("\t", "\n", "\r", " "):
            index += 1
        return index

    def with_grape(self, fields, dropped):
        """The line with `fields` in its `grape` member and those named by `dropped` out of it."""
        grape = {key: value for key, value in self.grape.items() if key not in dropped and key not in fields} | fields
        try:
            member = json.dumps(grape, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            return f"{self.head}{member}{self.tail}\n".encode()
        except (ValueError, RecursionError):
            raise BadRecord("a number in grape is not finite, or grape is too deep") from None

    def value(self, path):
        """The value at a path such as `response` or `grape.text`; None if there is none."""
        value = self.members
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value

    def response(self):
        """The text of the response in any of the shapes that grape-tokenize writes; None if there is none."""
        for name in RESPONSES:
            value = self.members.get(name)
            if isinstance(value, list) and value and isinstance(value[-1], str):
                value = value[-1]
            if isinstance(value, list) and value and isinstance(value[-1], dict):
                value = value[-1].get("content", value[-1].get("value", value[-1].get("output")))
            if isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
                value = "".join(str(part.get("text", "")) for part in value)
            if isinstance(value, str):
                return value
        return None

    def tokens(self, vocabulary=None):
        """The token ids, and the indices of those that count as response and have a token before them."""
        tokens, spans = self.grape.get("tokens"), self.grape.get("spans")
        if not isinstance(tokens, list) or not isinstance(spans, list):
            raise BadRecord("no grape.tokens and grape.spans; grape-tokenize writes them")
        if not all(type(token) is int and 0 <= token < (vocabulary or math.inf) for token in tokens):
            limit = f" to {vocabulary - 1}" if vocabulary else ""
            raise BadRecord(f"grape.tokens: expected ids from 0{limit}")
        positions, end = [], 0
        for span in spans:
            if not (isinstance(span, list) and len(span) == 2 and all(type(bound) is int for bound in span)):
                raise BadRecord("grape.spans: expected pairs of integers")
            if not end <= span[0] < span[1] <= len(tokens):
                raise BadRecord(f"grape.spans: expected ranges of the {len(tokens)} tokens in order, found {span}")
            end = span[1]
            # The first token of a text has nothing before it, and so no probability.
            positions += range(max(span[0], 1), span[1])
        if not positions:
            raise BadRecord("no response token to score")
        return tokens, positions


def learned(path, prepare):
    """What `prepare` makes of each record of a file that a scorer learns from, where none may be bad."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield prepare(Record(path, line))
                except BadRecord as error:
                    raise Failure(f"{path}:{number}: {error}") from None
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None


def from_log_probabilities(values, model, per_token=False):
    """The fields of `grape` for the log-probabilities of a response's tokens."""
    total = math.fsum(values)
    fields = {"score": total / len(values), "logprob": total, "count": len(values)}
    if per_token:
        fields["logprobs"] = values
    return fields | {"model": model}


def lines(file):
    """The lines of an open file; None wherever reading would have to wait."""
    begun = []
    while True:
        if not select.select([file], [], [], 0)[0]:
            yield None
        chunk = os.read(file.fileno(), 1 << 16)
        if not chunk:
            break
        first, *others = chunk.split(b"\n")
        begun.append(first)
        if others:
            yield b"".join(begun)
            yield from others[:-1]
            begun = others[-1:]
    if any(begun):
        yield b"".join(begun)


class Scoring:
    """A run of a scorer.

    prepare(record)  what `score` needs of a record; raises BadRecord
    score(items)     for each item, in order, the fields to put into `grape`, "score" among them, or a BadRecord;
                     a lazy iterator has each record written as soon as it is there
    batch            the number of records after which `score` is called
    """

    def __init__(self, name, prepare, score, batch=1, dropped=("tokens", "spans")):
        self.name = name
        self.prepare, self.score = prepare, score
        self.batch, self.dropped = batch, dropped
        self.waiting = []
        self.status = 0

    def report(self, place, reason, status=1):
        print(f"{self.name}: {place}: {reason}", file=sys.stderr, flush=True)
        self.status = max(self.status, status)

    def add(self, place, line):
        try:
            record = Record(place, line)
            self.waiting.append((record, self.prepare(record)))
        except BadRecord as error:
            self.report(place, error)
        if len(self.waiting) >= self.batch:
            self.flush()

    def flush(self):
        """Scores and writes what has been read."""
        results = self.score([item for _, item in self.waiting]) if self.waiting else []
        for (record, _), fields in zip(self.waiting, results):
            self.write(record, fields)
            sys.stdout.buffer.flush()
        self.waiting.clear()

    def finish(self):
        """What is left to do when all has been read."""
        self.flush()

    def write(self, record, fields):
        """Writes a record with `fields`, or reports what they say instead."""
        try:
            if isinstance(fields, BadRecord):
                raise fields
            if not math.isfinite(fields["score"]):
                raise BadRecord(f"the score is {fields['score']}")
            sys.stdout.buffer.write(record.with_grape(fields, self.dropped))
        except BadRecord as error:
            self.report(record.place, error)

    def read(self, path):
        name = "<stdin>" if path == "-" else path
        try:
            file = sys.stdin.buffer if path == "-" else open(path, "rb")
        except OSError as error:
            self.report(f"cannot open {path}", error.strerror, status=2)
            return
        with file:
            number = 0
            for line in lines(file):
                if line is None:
                    self.flush()
                else:
                    number += 1
                    if line.strip():
                        self.add(f"{name}:{number}", line)

    def run(self, files):
        """Reads the files, `-` for standard input, and returns the exit status."""
        try:
            for path in files or ["-"]:
                self.read(path)
            self.finish()
        except OSError as error:
            raise Failure(error.strerror or error) from None
        return self.status


def main(run):
    """Calls `run`, which returns an exit status, and ends with it."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        status = run()
    except (Failure, MemoryError, RuntimeError) as error:
        # RuntimeError is torch's, where memory is at an end for example.
        reason = " ".join(str(error).split()) or type(error).__name__
        print(f"{os.path.basename(sys.argv[0])}: {reason}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        status = 130
    # What standard output still holds is either written by now or cannot be.
    sys.stderr.flush()
    os._exit(status)
