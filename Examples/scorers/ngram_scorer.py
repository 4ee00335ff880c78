#!/usr/bin/env python3
"""Score tokenized records with an n-gram model of token ids: a cheap measure of how well a response fits a corpus.

    grape-tokenize -m MODEL target.jsonl > target-tokens.jsonl
    grape-tokenize -m MODEL candidates.jsonl | ngram_scorer.py --fit target-tokens.jsonl | grape-pick > sft.jsonl

The model is an interpolated n-gram model with Witten-Bell smoothing (Chen and Goodman, 1998, section 2.6):

    p(w | h) = (c(h w) + T(h) p(w | h')) / (c(h) + T(h))

with c(h w) the count of w behind h in the corpus, c(h) that of h with anything behind it, T(h) the number of different
tokens behind h, and h' the history h without its oldest token. Below the empty history all tokens of the vocabulary, and
one for those outside of it, are equally probable. Every token is counted, contexts' and responses'.

With --arpa FILE the model is also written as an ARPA file, for KenLM and others, its words the token ids.

Exit status: 0 when all records were scored, 1 when some were left out, 2 when the work could not be done. Needs nothing
but Python.
"""
import argparse
import math
from collections import defaultdict

from scoring import Failure, Record, Scoring, from_log_probabilities, learned, main

NAME = "ngram_scorer.py"
# Stands for every token that the corpus does not have.
UNKNOWN = -1


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", required=True, metavar="FILE", help="the corpus: tokenized records")
    parser.add_argument("--order", type=int, default=3, metavar="N", help="tokens in an n-gram (default: 3)")
    parser.add_argument("--arpa", metavar="FILE", help="write the model to FILE")
    parser.add_argument("--per-token", action="store_true", help="also write the response tokens' log-probabilities as grape.logprobs")
    parser.add_argument("--keep-tokens", action="store_true", help="keep grape.tokens and grape.spans")
    parser.add_argument("files", nargs="*", metavar="FILE", help="tokenized records (default: standard input)")
    arguments = parser.parse_args()
    if not 1 <= arguments.order <= 10:
        parser.error("--order: expected a number from 1 to 10")
    return arguments


class NGramModel:
    """Counts of the tokens behind each history: `followers[h][w]` and `totals[h]` for histories h, tuples of ids."""

    def __init__(self, order, texts):
        self.order = order
        self.followers = defaultdict(lambda: defaultdict(int))
        for tokens in texts:
            for end in range(len(tokens)):
                for length in range(min(order - 1, end) + 1):
                    self.followers[tuple(tokens[end - length : end])][tokens[end]] += 1
        self.totals = {history: sum(counts.values()) for history, counts in self.followers.items()}
        self.vocabulary = sorted(self.followers[()]) + [UNKNOWN]

    def probability(self, history, token):
        """p(token | history), a tuple of at most order - 1 ids."""
        probability = 1 / len(self.vocabulary)
        for length in range(len(history) + 1):
            suffix = history[len(history) - length :]
            total = self.totals.get(suffix)
            if total is None:
                break
            counts = self.followers[suffix]
            probability = (counts.get(token, 0) + len(counts) * probability) / (total + len(counts))
        return probability

    def log_probabilities(self, tokens, positions):
        reach = self.order - 1
        return [
            math.log(self.probability(tuple(tokens[max(0, position - reach) : position]), tokens[position]))
            for position in positions
        ]

    def write_arpa(self, path):
        """The same model in back-off form: log10 p(w | h) of the n-grams seen, and log10 of the weight
        T(h) / (c(h) + T(h)) that p(w | h') gets where h w was not seen."""

        def word(token):
            return "<unk>" if token == UNKNOWN else str(token)

        grams = [[] for _ in range(self.order)]
        for history, counts in sorted(self.followers.items()):
            grams[len(history)] += [history + (token,) for token in sorted(counts)]
        grams[0].append((UNKNOWN,))
        with open(path, "w", encoding="utf-8") as file:
            file.write("\\data\\\n")
            # KenLM wants the marks of a sentence's ends; no text has them.
            for length, part in enumerate(grams, 1):
                file.write(f"ngram {length}={len(part) + (2 if length == 1 else 0)}\n")
            for length, part in enumerate(grams, 1):
                file.write(f"\n\\{length}-grams:\n")
                if length == 1:
                    file.write("-99\t<s>\n-99\t</s>\n")
                for gram in part:
                    line = f"{math.log10(self.probability(gram[:-1], gram[-1])):.9f}\t{' '.join(map(word, gram))}"
                    if gram in self.totals:
                        kinds = len(self.followers[gram])
                        line += f"\t{math.log10(kinds / (self.totals[gram] + kinds)):.9f}"
                    file.write(line + "\n")
            file.write("\n\\end\\\n")


def run():
    arguments = parse_arguments()
    model = NGramModel(arguments.order, learned(arguments.fit, lambda record: record.tokens()[0]))
    if len(model.vocabulary) == 1:
        raise Failure(f"{arguments.fit}: no records")
    if arguments.arpa:
        model.write_arpa(arguments.arpa)
    name = f"{arguments.order}-gram of {arguments.fit}"

    def score(items):
        return [from_log_probabilities(model.log_probabilities(*item), name, arguments.per_token) for item in items]

    dropped = () if arguments.keep_tokens else ("tokens", "spans")
    return Scoring(NAME, Record.tokens, score, dropped=dropped).run(arguments.files)


if __name__ == "__main__":
    main(run)
