#!/usr/bin/env python3
"""Writes scored candidates as grape-score would, any number of them, with groups scattered or together.

usage: scored_records.py [--grouped] [--logprobs] COUNT POOL... > scored.jsonl

The pools' records are repeated, each time as candidates for other instructions, until there are COUNT. Candidates of
an instruction follow each other in a pool; scattered, they lie far apart: the record at place i is number i x stride
modulo COUNT, with a stride near COUNT divided by the golden ratio. The scores are made up, from a fixed seed, around
-1.1 nats, and --logprobs adds as many log-probabilities as a response has tokens.
"""
import hashlib
import json
import math
import random
import sys


def main():
    words = sys.argv[1:]
    grouped, logprobs = "--grouped" in words, "--logprobs" in words
    count, *pools = [word for word in words if not word.startswith("--")]
    count = int(count)
    lines = []
    for pool in pools:
        with open(pool, "rb") as file:
            lines += [line.rstrip(b"\n") for line in file]
    records = [json.loads(line) for line in lines]
    bodies = [line.rstrip()[:-1] for line in lines]
    tokens = [max(1, len(record["response"]) // 4) for record in records]
    stride = 1 if grouped else int(count * (math.sqrt(5) - 1) / 2)
    while math.gcd(stride, count) != 1:
        stride += 1

    draw = random.Random(1)
    write = sys.stdout.buffer.write
    buffer = []
    for place in range(count):
        number = place * stride % count
        copy, index = divmod(number, len(records))
        group = hashlib.blake2b(
            f"{copy} {records[index]['instruction']}".encode(), digest_size=8).hexdigest()
        length = tokens[index]
        score = -math.exp(draw.gauss(0.1, 0.35))
        details = ""
        if logprobs:
            values = ",".join(f"{-draw.expovariate(1.2):.6f}" for _ in range(length))
            details = f',"logprobs":[{values}]'
        grape = (
            f',"grape":{{"group":"{group}","tokenizer":"smollm2@ccf5dda7/qa","score":{score:.7g},'
            f'"logprob":{score * length:.10g},"count":{length}{details},"model":"smollm2@6530053b/bf16"}}}}\n')
        buffer.append(bodies[index] + grape.encode())
        if len(buffer) == 4096:
            write(b"".join(buffer))
            buffer.clear()
    write(b"".join(buffer))


main()
