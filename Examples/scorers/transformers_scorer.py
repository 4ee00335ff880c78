#!/usr/bin/env python3
"""Score tokenized records with Hugging Face transformers, in place of grape-score.

    grape-tokenize -m MODEL candidates.jsonl | transformers_scorer.py -m MODEL | grape-pick > sft.jsonl

Puts `score` (the mean log-probability of a response token, natural logarithm), `logprob` (the sum), `count` and `model`
into each record's `grape` member, and takes `tokens` and `spans` out. Any causal language model will do. It runs on a
GPU if there is one.

Exit status: 0 when all records were scored, 1 when some were left out, 2 when the work could not be done.

Needs torch and transformers, and for GGUF files the gguf package.
"""
import argparse
import os

from models import CausalModel
from scoring import Scoring, from_log_probabilities, main


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", required=True, help="checkpoint folder, .gguf file or name on the Hugging Face hub")
    parser.add_argument("--gguf-file", help="name of a GGUF file in the folder or repository that --model names")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16", "float64"], help="default: float32")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, mps, ... (default: a GPU if there is one)")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="records in a forward pass, padded to the longest (default: 1, no padding)")
    parser.add_argument("--per-token", action="store_true", help="also write the response tokens' log-probabilities as grape.logprobs")
    parser.add_argument("--keep-tokens", action="store_true", help="keep grape.tokens and grape.spans")
    parser.add_argument("files", nargs="*", metavar="FILE", help="tokenized records (default: standard input)")
    arguments = parser.parse_args()
    if arguments.batch < 1:
        parser.error("--batch: expected a number from 1")
    if arguments.model.endswith(".gguf") and not arguments.gguf_file:
        folder, arguments.gguf_file = os.path.split(arguments.model)
        arguments.model = folder or "."
    return arguments


class Model(CausalModel):
    """The causal language model that the arguments name."""

    def __init__(self, arguments):
        options = {"gguf_file": arguments.gguf_file} if arguments.gguf_file else {}
        super().__init__(arguments.model, arguments.dtype, arguments.device, **options)
        import transformers

        source = arguments.gguf_file.removesuffix(".gguf") if arguments.gguf_file else arguments.model.rstrip("/")
        self.name = f"{os.path.basename(source)}@transformers-{transformers.__version__}/{arguments.dtype}"

    def scores(self, batch):
        """Lists of log-probabilities, one for each (tokens, positions) of a batch."""
        with self.torch.inference_mode():
            return [values.tolist() for values in self.log_probabilities(batch)]


def run():
    arguments = parse_arguments()
    model = Model(arguments)

    def score(items):
        # Records of like length are padded least: a batch is chosen among several batches' records.
        order = sorted(range(len(items)), key=lambda index: len(items[index][0]))
        results = [None] * len(items)
        for first in range(0, len(order), arguments.batch):
            part = order[first : first + arguments.batch]
            for index, values in zip(part, model.scores([items[index] for index in part])):
                results[index] = from_log_probabilities(values, model.name, arguments.per_token)
        return results

    batch = 1 if arguments.batch == 1 else 16 * arguments.batch
    dropped = () if arguments.keep_tokens else ("tokens", "spans")
    scoring = Scoring("transformers_scorer.py", model.tokens, score, batch, dropped)
    return scoring.run(arguments.files)


if __name__ == "__main__":
    main(run)
