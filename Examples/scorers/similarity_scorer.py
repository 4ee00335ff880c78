#!/usr/bin/env python3
"""Score records by how similar their responses are to a target set: the cosine of the nearest target text.

    similarity_scorer.py --target target.jsonl < tokens.jsonl | grape-pick > sft.jsonl
    similarity_scorer.py --target target.jsonl --model sentence-transformers/all-MiniLM-L6-v2 < tokens.jsonl

Without --model a text is a vector of its words' TF-IDF weights, with document frequencies of the target set; with it, the
mean of the last hidden states of a Hugging Face model over its first 512 tokens (torch and transformers are needed then).
The score is the greatest cosine between the response and a text of the target set, or with --mean that between it and the
mean of all.

Exit status: 0 when all records were scored, 1 when some were left out, 2 when the work could not be done.
"""
import argparse
import math
import re
from collections import Counter, defaultdict

from models import load
from scoring import BadRecord, Failure, Scoring, learned, main

NAME = "similarity_scorer.py"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", required=True, metavar="FILE", help="records with texts to be similar to")
    parser.add_argument("--of", metavar="PATH", help="where the texts are (default: the response, wherever the record's shape has it)")
    parser.add_argument("--mean", action="store_true", help="compare with the mean of the target set, not with the nearest text")
    parser.add_argument("-m", "--model", help="folder or name of a Hugging Face model that makes the vectors")
    parser.add_argument("files", nargs="*", metavar="FILE", help="records (default: standard input)")
    return parser.parse_args()


def unit(vector):
    """A sparse vector (a dictionary) of length 1 in the direction of another; empty for one without."""
    length = math.sqrt(math.fsum(value * value for value in vector.values()))
    return {key: value / length for key, value in vector.items()} if length else {}


class WordVectors:
    """TF-IDF: (1 + log count) (log((1 + texts) / (1 + texts with the word)) + 1), scaled to length 1."""

    name = "tf-idf"

    def __init__(self, texts):
        self.texts = len(texts)
        self.frequencies = Counter(word for text in texts for word in set(self.words(text)))

    def words(self, text):
        return re.findall(r"\w+", text.lower())

    def vector(self, text):
        weights = {}
        for word, count in sorted(Counter(self.words(text)).items()):
            rarity = math.log((1 + self.texts) / (1 + self.frequencies[word])) + 1
            weights[word] = (1 + math.log(count)) * rarity
        return unit(weights)


class ModelVectors:
    """The mean of a model's last hidden states, scaled to length 1."""

    def __init__(self, model):
        self.torch, self.model = load("AutoModel", model)
        from transformers import AutoTokenizer

        try:
            self.tokenizer = AutoTokenizer.from_pretrained(model)
        except (ImportError, OSError, ValueError) as error:
            raise Failure(f"{model}: {' '.join(str(error).split())}") from None
        self.name = model.rstrip("/").rsplit("/", 1)[-1]

    def vector(self, text):
        inputs = self.tokenizer(text, return_tensors="pt", truncation=True, max_length=512).to(self.model.device)
        if inputs["input_ids"].shape[1] == 0:
            return {}
        with self.torch.inference_mode():
            states = self.model(**inputs).last_hidden_state[0]
        return unit(dict(enumerate(states.double().mean(0).tolist())))


class Target:
    """Vectors to compare with, by their parts: `columns[key]` has (number of the vector, value) pairs."""

    def __init__(self, vectors, mean):
        if mean:
            total = defaultdict(float)
            for vector in vectors:
                for key, value in vector.items():
                    total[key] += value
            vectors = [unit(total)]
        self.count = len(vectors)
        self.columns = defaultdict(list)
        for number, vector in enumerate(vectors):
            for key, value in vector.items():
                self.columns[key].append((number, value))

    def similarity(self, vector):
        products = [0.0] * self.count
        for key, value in vector.items():
            for number, other in self.columns.get(key, ()):
                products[number] += value * other
        return max(products)


def text_of(record, path):
    text = record.value(path) if path else record.response()
    if not isinstance(text, str):
        raise BadRecord(f"no text at {path}" if path else "no response, or not as one text: name it with --of")
    return text


def run():
    arguments = parse_arguments()
    texts = list(learned(arguments.target, lambda record: text_of(record, arguments.of)))
    if not texts:
        raise Failure(f"{arguments.target}: no records")
    vectors = ModelVectors(arguments.model) if arguments.model else WordVectors(texts)
    target = Target([vectors.vector(text) for text in texts], arguments.mean)

    def score(items):
        return [{"score": target.similarity(vectors.vector(text)), "model": vectors.name} for text in items]

    return Scoring(NAME, lambda record: text_of(record, arguments.of), score, dropped=()).run(arguments.files)


if __name__ == "__main__":
    main(run)
