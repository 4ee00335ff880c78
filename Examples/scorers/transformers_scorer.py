#!/usr/bin/env python3
"""Score tokenized records with Hugging Face transformers, in place of grape-score.

    grape-tokenize -m MODEL candidates.jsonl | transformers_scorer.py -m MODEL | grape-pick > sft.jsonl

Reads the records that grape-tokenize writes and puts `score` (the mean log-probability of a response token, natural
logarithm), `logprob` (the sum), `count` and `model` into each one's `grape` member. `tokens` and `spans` go. Every
byte of a record outside of its `grape` member stays as it is; the member itself is parsed and printed again.

Records that cannot be scored are reported on standard error and left out. Exit status: 0 when all were scored, 1 when
some were not, 2 when the work could not be done.

Needs torch and transformers, and for GGUF files the gguf package.
"""
import argparse
import inspect
import json
import math
import os
import signal
import sys
from json.decoder import scanstring

NAME = "transformers_scorer.py"


class BadRecord(Exception):
    """A record that cannot be scored, and why."""


def parse_arguments():
    parser = argparse.ArgumentParser(prog=NAME, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True, help="checkpoint folder, .gguf file or name on the Hugging Face hub")
    parser.add_argument("--gguf-file", help="name of a GGUF file in the folder or repository that --model names")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16", "float64"], help="default: float32")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="records in a forward pass, padded to the longest (default: 1, no padding)")
    parser.add_argument("--per-token", action="store_true", help="also write the response tokens' log-probabilities as grape.logprobs")
    parser.add_argument("--keep-tokens", action="store_true", help="keep grape.tokens and grape.spans")
    parser.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="tokenized records (default: standard input)")
    arguments = parser.parse_args()
    if arguments.batch < 1:
        parser.error("--batch: expected a number from 1")
    if arguments.model.endswith(".gguf") and not arguments.gguf_file:
        folder, arguments.gguf_file = os.path.split(arguments.model)
        arguments.model = folder or "."
    if arguments.model.startswith(("/", ".")) and not os.path.exists(arguments.model):
        parser.error(f"--model: no such folder or file: {arguments.model}")
    return arguments


class Model:
    """A causal language model that gives log-probabilities of given tokens."""

    def __init__(self, arguments):
        os.environ.setdefault("TQDM_DISABLE", "1")
        # Imported late, so that --help and usage errors need neither.
        import torch
        import transformers

        transformers.utils.logging.set_verbosity_error()
        self.torch = torch
        options = {"gguf_file": arguments.gguf_file} if arguments.gguf_file else {}
        dtype = getattr(torch, arguments.dtype)
        self.model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype, **options).eval()
        self.vocabulary = self.model.get_input_embeddings().weight.shape[0]
        self.keeps_logits = "logits_to_keep" in inspect.signature(self.model.forward).parameters
        source = arguments.gguf_file.removesuffix(".gguf") if arguments.gguf_file else arguments.model.rstrip("/")
        self.name = f"{os.path.basename(source)}@transformers-{transformers.__version__}/{arguments.dtype}"

    def log_probabilities(self, batch):
        """The log-probabilities of the tokens at `positions` for each (tokens, positions) of a batch."""
        torch = self.torch
        width = max(len(tokens) for tokens, _ in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, (tokens, _) in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        # The logits at a position predict the token after it; the head runs where one is wanted, and nowhere else.
        predictors = sorted({position - 1 for _, positions in batch for position in positions})
        options = {"attention_mask": mask} if len(batch) > 1 else {}
        with torch.inference_mode():
            if self.keeps_logits:
                logits = self.model(ids, logits_to_keep=torch.tensor(predictors), use_cache=False, **options).logits
            else:
                logits = self.model(ids, use_cache=False, **options).logits[:, predictors]
            column = {predictor: index for index, predictor in enumerate(predictors)}
            results = []
            for row, (tokens, positions) in enumerate(batch):
                wanted = logits[row, [column[position - 1] for position in positions]]
                wanted = wanted.double() if wanted.dtype == torch.float64 else wanted.float()
                targets = torch.tensor([tokens[position] for position in positions])
                chosen = wanted.gather(1, targets[:, None])[:, 0] - wanted.logsumexp(1)
                results.append(chosen.tolist())
        return results


def skip_space(text, index):
    while index < len(text) and text[index] in " \t\n\r":
        index += 1
    return index


def grape_member(text):
    """The `grape` member of a record and the range of its value in the text."""
    decoder = json.JSONDecoder()
    index = skip_space(text, 0)
    if text[index : index + 1] != "{":
        raise BadRecord("expected a JSON object")
    index = skip_space(text, index + 1)
    found = None
    while text[index : index + 1] == '"':
        key, index = scanstring(text, index + 1)
        index = skip_space(text, index)
        if text[index : index + 1] != ":":
            raise BadRecord(f"expected ':' at character {index}")
        start = skip_space(text, index + 1)
        value, index = decoder.raw_decode(text, start)
        if key == "grape":
            found = (value, start, index)
        index = skip_space(text, index)
        if text[index : index + 1] == ",":
            index = skip_space(text, index + 1)
    if text[index:].strip(" \t\n\r") != "}":
        raise BadRecord(f"expected '}}' at character {index}")
    if found is None or not isinstance(found[0], dict):
        raise BadRecord("no grape member; grape-tokenize writes it")
    return found


class Record:
    """A line, and what is to be scored in it."""

    def __init__(self, line, vocabulary):
        try:
            self.text = line.decode("utf-8").rstrip("\r\n")
            self.grape, self.start, self.end = grape_member(self.text)
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            raise BadRecord(f"not JSON: {error}") from None
        self.tokens = self.grape.get("tokens")
        spans = self.grape.get("spans")
        if not isinstance(self.tokens, list) or not isinstance(spans, list):
            raise BadRecord("no grape.tokens and grape.spans; grape-tokenize writes them")
        if not all(type(token) is int and 0 <= token < vocabulary for token in self.tokens):
            raise BadRecord(f"grape.tokens: expected ids from 0 to {vocabulary - 1}")
        self.positions = []
        end = 0
        for span in spans:
            if not (isinstance(span, list) and len(span) == 2 and all(type(bound) is int for bound in span)):
                raise BadRecord("grape.spans: expected pairs of integers")
            if not end <= span[0] < span[1] <= len(self.tokens):
                raise BadRecord(f"grape.spans: expected ranges of the {len(self.tokens)} tokens in order, found {span}")
            end = span[1]
            # The first token of a text has nothing before it, and so no probability.
            self.positions += range(max(span[0], 1), span[1])
        if not self.positions:
            raise BadRecord("no response token to score")

    def scored(self, log_probabilities, arguments, model_name):
        """The line with the results in its `grape` member."""
        total = math.fsum(log_probabilities)
        if not math.isfinite(total):
            raise BadRecord(f"the log-probability is {total}")
        dropped = set() if arguments.keep_tokens else {"tokens", "spans"}
        result = {"score": total / len(log_probabilities), "logprob": total, "count": len(log_probabilities)}
        if arguments.per_token:
            result["logprobs"] = log_probabilities
        result["model"] = model_name
        grape = {key: value for key, value in self.grape.items() if key not in dropped and key not in result} | result
        member = json.dumps(grape, ensure_ascii=False, separators=(",", ":"))
        return (self.text[: self.start] + member + self.text[self.end :] + "\n").encode("utf-8")


class Run:
    """Records in, scored records out, in the same order."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.model = Model(arguments)
        self.pending = []
        self.status = 0

    def report(self, place, reason):
        print(f"{NAME}: {place}: {reason}", file=sys.stderr)
        self.status = max(self.status, 1)

    def add(self, place, line):
        try:
            self.pending.append((place, Record(line, self.model.vocabulary)))
        except BadRecord as error:
            self.report(place, error)
        # Records of like length are padded least: a batch is chosen among several batches' records.
        if len(self.pending) >= (1 if self.arguments.batch == 1 else 16 * self.arguments.batch):
            self.flush()

    def flush(self):
        order = sorted(range(len(self.pending)), key=lambda index: len(self.pending[index][1].tokens))
        results = [None] * len(self.pending)
        for first in range(0, len(order), self.arguments.batch):
            part = order[first : first + self.arguments.batch]
            batch = [(self.pending[index][1].tokens, self.pending[index][1].positions) for index in part]
            for index, result in zip(part, self.model.log_probabilities(batch)):
                results[index] = result
        for (place, record), result in zip(self.pending, results):
            try:
                sys.stdout.buffer.write(record.scored(result, self.arguments, self.model.name))
            except BadRecord as error:
                self.report(place, error)
        sys.stdout.buffer.flush()
        self.pending.clear()

    def read(self, path):
        name = "<stdin>" if path == "-" else path
        try:
            file = sys.stdin.buffer if path == "-" else open(path, "rb")
        except OSError as error:
            print(f"{NAME}: cannot open {path}: {error.strerror}", file=sys.stderr)
            self.status = 2
            return
        with file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    self.add(f"{name}:{number}", line)


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    arguments = parse_arguments()
    try:
        run = Run(arguments)
    except (ImportError, OSError, ValueError) as error:
        print(f"{NAME}: {error}", file=sys.stderr)
        return 2
    for path in arguments.files:
        run.read(path)
    run.flush()
    return run.status


if __name__ == "__main__":
    sys.exit(main())
