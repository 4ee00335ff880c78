#!/usr/bin/env python3
"""Train small SentencePiece models, NAME.model, and write NAME.jsonl: texts and the ids that sentencepiece gives them.

    python3 -m venv v && v/bin/pip install sentencepiece==0.2.3 protobuf
    v/bin/python make_sentencepiece.py
"""
import io
import json
import os
import random

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

HERE = os.path.dirname(os.path.abspath(__file__))
IDENTITY = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}


def lines():
    with open(os.path.join(HERE, "../gpt2/encode.jsonl"), encoding="utf-8") as records:
        texts = [json.loads(line)["text"].replace("\0", " ")[:200] for line in records]
    found = [line for text in texts for line in text.split("\n") if line.strip()] * 4
    return found + ["The quick brown fox jumps over the lazy dog; it wasn't amused, they'd say."] * 20


def train(**options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines()), model_writer=model, vocab_size=720, hard_vocab_limit=False, minloglevel=2,
        character_coverage=0.99, num_threads=1, **options)
    return model.getvalue()


def change(model, body):
    message = sentencepiece_model_pb2.ModelProto()
    message.ParseFromString(model)
    body(message)
    return message.SerializeToString()


def drop_characters(message):
    """Characters that are only part of tokens are no tokens."""
    kept = [p for i, p in enumerate(message.pieces) if p.type != 1 or len(p.piece) > 1 or i % 2]
    del message.pieces[:]
    message.pieces.extend(kept)


def make_equal(message):
    for i, piece in enumerate(message.pieces):
        if piece.type == 1:
            piece.score = -float(i % 4)


def models():
    llama = train(model_type="bpe", byte_fallback=True, **IDENTITY)
    yield "bpe", llama
    yield "bpe-equal-scores", change(llama, make_equal)
    yield "bpe-user-defined", train(
        model_type="bpe", byte_fallback=True, add_dummy_prefix=False, user_defined_symbols=["<start>", "▁▁", "▁▁▁", "abc", "\t"], **IDENTITY)
    yield "bpe-few-characters", change(train(model_type="bpe", **IDENTITY), drop_characters)
    unigram = train(model_type="unigram", byte_fallback=True, **IDENTITY)
    yield "unigram", unigram
    yield "unigram-equal-scores", change(unigram, make_equal)
    yield "unigram-normalized", train(model_type="unigram", normalization_rule_name="nmt_nfkc_cf", user_defined_symbols=["<sep>", "the", "▁▁", "ﬁx"])


def texts(pieces):
    choose = random.Random(1)
    words = ["the", "don't", " I'll", "Hello", " world", "12345", "3.14", "naïve", "Straße", "ﬁ", "½", "①", "㌀", "ｱ", "ﾞ", "゛", "ΑΣ"]
    words += [" ", "  ", "   ", "\n", "\r\n", "\t ", "\u00a0", "\u3000", "\u200d", "--", "ab", "e\u0301", "好", "🙂🙂", "日本語の", "a" * 30, "▁", "▁▁"]
    words += choose.sample(pieces, 60)
    for _ in range(60):
        yield "".join(choose.choice(words) for _ in range(choose.choice([1, 2, 4, 8, 16, 32])))


def main():
    for name, model in models():
        with open(os.path.join(HERE, name + ".model"), "wb") as file:
            file.write(model)
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
        with open(os.path.join(HERE, name + ".jsonl"), "w", encoding="utf-8") as file:
            for text in texts(pieces):
                file.write(json.dumps({"text": text, "ids": processor.encode(text)}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
