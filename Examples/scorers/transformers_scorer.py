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
import inspect
import os

from scoring import Failure, Scoring, from_log_probabilities, main


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
    if arguments.model.startswith(("/", ".")) and not os.path.exists(arguments.model):
        parser.error(f"--model: no such folder or file: {arguments.model}")
    return arguments


class Model:
    """A causal language model that gives log-probabilities of given tokens."""

    def __init__(self, arguments):
        os.environ.setdefault("TQDM_DISABLE", "1")
        # Imported late, so that --help and usage errors need neither.
        try:
            import torch
            import transformers

            transformers.utils.logging.set_verbosity_error()
            self.torch = torch
            self.device = torch.device(arguments.device or self._best_device())
            options = {"gguf_file": arguments.gguf_file} if arguments.gguf_file else {}
            dtype = getattr(torch, arguments.dtype)
            model = transformers.AutoModelForCausalLM.from_pretrained(arguments.model, dtype=dtype, **options)
            self.model = model.to(self.device).eval()
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            raise Failure(error) from None
        self.vocabulary = self.model.get_input_embeddings().weight.shape[0]
        self.keeps_logits = "logits_to_keep" in inspect.signature(self.model.forward).parameters
        source = arguments.gguf_file.removesuffix(".gguf") if arguments.gguf_file else arguments.model.rstrip("/")
        self.name = f"{os.path.basename(source)}@transformers-{transformers.__version__}/{arguments.dtype}"

    def _best_device(self):
        if self.torch.cuda.is_available():
            return "cuda"
        return "mps" if self.torch.backends.mps.is_available() else "cpu"

    def log_probabilities(self, batch):
        """The log-probabilities of the tokens at `positions` for each (tokens, positions) of a batch."""
        torch = self.torch
        width = max(len(tokens) for tokens, _ in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros((len(batch), width), dtype=torch.long)
        for row, (tokens, _) in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        # The logits at a position predict the token after it; the head runs where one is wanted, and nowhere else.
        predictors = sorted({position - 1 for _, positions in batch for position in positions})
        options = {"attention_mask": mask} if len(batch) > 1 else {}
        with torch.inference_mode():
            if self.keeps_logits:
                kept = torch.tensor(predictors, device=self.device)
                logits = self.model(ids, logits_to_keep=kept, use_cache=False, **options).logits
            else:
                logits = self.model(ids, use_cache=False, **options).logits[:, predictors]
            column = {predictor: index for index, predictor in enumerate(predictors)}
            results = []
            for row, (tokens, positions) in enumerate(batch):
                wanted = logits[row, [column[position - 1] for position in positions]]
                wanted = wanted if wanted.dtype == torch.float64 else wanted.float()
                targets = torch.tensor([tokens[position] for position in positions], device=self.device)
                chosen = wanted.gather(1, targets[:, None])[:, 0] - wanted.logsumexp(1)
                results.append(chosen.tolist())
        return results


def run():
    arguments = parse_arguments()
    model = Model(arguments)

    def score(items):
        # Records of like length are padded least: a batch is chosen among several batches' records.
        order = sorted(range(len(items)), key=lambda index: len(items[index][0]))
        results = [None] * len(items)
        for first in range(0, len(order), arguments.batch):
            part = order[first : first + arguments.batch]
            for index, values in zip(part, model.log_probabilities([items[index] for index in part])):
                results[index] = from_log_probabilities(values, model.name, arguments.per_token)
        return results

    batch = 1 if arguments.batch == 1 else 16 * arguments.batch
    dropped = () if arguments.keep_tokens else ("tokens", "spans")
    scoring = Scoring("transformers_scorer.py", lambda record: record.tokens(model.vocabulary), score, batch, dropped)
    return scoring.run(arguments.files)


if __name__ == "__main__":
    main(run)
