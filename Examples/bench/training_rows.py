#!/usr/bin/env python3
"""Whether the rows of `grape-pick --format` are what training programs read.

    training_rows.py SCORED.jsonl

Writes the picks in every format, loads them with Hugging Face datasets, and compares each row that comes back with the
line it was; where trl is installed, asks it whether it takes the rows for conversations, and as whose. Records of as many shapes and
sources as possible make the best SCORED.jsonl. With --keep-tokens in grape-score the format `tokens` is tried as well.
Needs grape-pick in PATH and `pip install datasets`, and if wanted `trl`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from datasets import load_dataset

try:
    from trl.data_utils import is_conversational, is_conversational_from_value, maybe_convert_to_chatml
except ImportError:
    is_conversational = None

FORMATS = ["messages", "prompt-completion", "sharegpt", "alpaca", "tokens"]


def check(name: str, scored: str, folder: Path) -> None:
    path = folder / f"{name}.jsonl"
    with path.open("w") as rows:
        run = subprocess.run(
            ["grape-pick", "--format", name, scored], stdout=rows, stderr=subprocess.PIPE, text=True)
    lines = [json.loads(line) for line in path.open()]
    if not lines:
        print(f"{name}: no rows; {run.stderr.splitlines()[:1]}")
        return
    loaded = load_dataset("json", data_files=str(path), split="train", cache_dir=str(folder / "cache"))
    different = sum(row != line for row, line in zip(loaded, lines)) + abs(len(loaded) - len(lines))
    print(f"{name}: {len(lines)} rows, {different} differ when loaded: {loaded.features}")
    if is_conversational:
        # SFTTrainer converts ShareGPT's rows, and leaves the speakers' names as they are.
        row = loaded[0]
        if is_conversational_from_value(row):
            row = maybe_convert_to_chatml(row)
        turns = [turn for key in ("messages", "prompt", "completion") for turn in row.get(key, [])]
        print(f"{name}: a conversation to trl: {is_conversational(row)}, of {[turn['role'] for turn in turns]}")
    if different:
        sys.exit(1)


if len(sys.argv) != 2:
    sys.exit(__doc__)
with tempfile.TemporaryDirectory() as folder:
    for name in FORMATS:
        check(name, sys.argv[1], Path(folder))
