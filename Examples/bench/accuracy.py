#!/usr/bin/env python3
"""Compare the log-probabilities of two scorers, record by record.

    accuracy.py compare REFERENCE.jsonl RESULT.jsonl [--name NAME]
    accuracy.py tokens REFERENCE.jsonl > TOKENIZED.jsonl

Either file of `compare` holds scored records (`grape.score`, `grape.logprobs` from `--per-token`, `grape.group`) or
reference scores (`mean`, `logprobs`, `group`), the same records in the same order. Prints one line: records, tokens, the
largest difference of a token's log-probability, the largest and the average difference of a record's mean, and how
many groups have another pick (the best mean; ties go to the earlier record).

`tokens` turns reference scores (`tokens` and `response_start`) into records for grape-score.
"""
import argparse
import json
import sys

HEADER = ("", "records", "tokens", "token max", "mean max", "mean avg", "picks differ")
FORMAT = "{:<24} {:>7} {:>7} {:>9} {:>9} {:>9} {:>14}"


def records(path):
    """(group, mean, log-probabilities or None) of each record in a file."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if "grape" in record:
                grape = record["grape"]
                yield grape.get("group"), grape["score"], grape.get("logprobs")
            else:
                yield record.get("group"), record["mean"], record["logprobs"]


def picks(rows):
    """The place of the best record of each group; records without a group are in none."""
    best = {}
    for place, (group, mean, _) in enumerate(rows):
        if group is not None and (group not in best or mean > rows[best[group]][1]):
            best[group] = place
    return best


def compare(arguments):
    reference, result = list(records(arguments.reference)), list(records(arguments.result))
    if len(reference) != len(result):
        sys.exit(f"accuracy.py: {len(reference)} records in {arguments.reference}, {len(result)} in {arguments.result}")
    token_differences, mean_differences = [], []
    for place, ((_, mean, tokens), (_, other_mean, other_tokens)) in enumerate(zip(reference, result), 1):
        mean_differences.append(abs(mean - other_mean))
        if tokens is None or other_tokens is None:
            continue
        if len(tokens) != len(other_tokens):
            sys.exit(f"accuracy.py: record {place}: {len(tokens)} and {len(other_tokens)} log-probabilities")
        token_differences += [abs(one - other) for one, other in zip(tokens, other_tokens)]
    # The reference's groups serve for both, so that picks compare what was given to be scored.
    groups = [group for group, _, _ in reference]
    one = picks(reference)
    other = picks([(group, mean, None) for group, (_, mean, _) in zip(groups, result)])
    differing = sum(one[group] != other[group] for group in one)
    print(
        FORMAT.format(
            arguments.name, len(reference), len(token_differences) or "-",
            f"{max(token_differences):.2e}" if token_differences else "-",
            f"{max(mean_differences):.2e}", f"{sum(mean_differences) / len(mean_differences):.2e}",
            f"{differing} of {len(one)}"))


def tokens(arguments):
    with open(arguments.reference, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            grape = {
                "group": record["group"], "tokens": record["tokens"],
                "spans": [[record["response_start"], len(record["tokens"])]]}
            print(json.dumps({"grape": grape}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compare", help="print the differences of two files")
    command.add_argument("reference")
    command.add_argument("result")
    command.add_argument("--name", default="", help="first column of the line")
    command.set_defaults(run=compare)
    command = commands.add_parser("tokens", help="print reference scores as tokenized records")
    command.add_argument("reference")
    command.set_defaults(run=tokens)
    command = commands.add_parser("header", help="print the names of the columns")
    command.set_defaults(run=lambda _: print(FORMAT.format(*HEADER)))
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
