#!/usr/bin/env python3
"""Measures grape-pick and grape-stats, and picking with other programs, on made-up scores of real records.

usage: pick.py [--python PYTHON] [--runs N] [--unchecked] [--only NAMES] [--keep FILE] POOL [COUNT]

Writes COUNT scored records (300,000 unless told otherwise) of the pool, groups scattered, or takes those that --keep
names if it exists, which are best on a file system in memory; and runs the programs by turns. The table has medians:
seconds, megabytes read per second, seconds of processor time, the greatest memory in use of one process (it cannot be
less than this script's, some 17 MB). Before the runs, each program picks once, which must give the same records; with
--unchecked it does not. --only takes the beginnings of names as the table has them, with commas between. Programs that
are missing are left out; PYTHON has duckdb, polars and orjson.
"""
import argparse
import collections
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SORT = (r"""jq -r '"\(.grape.group)\t\(.grape.score)\t\(tojson)"' '{}' | LC_ALL=C sort -t '	' -k1,1 -k2,2gr |"""
        r""" awk -F '	' '$1 != group { print $3; group = $1 }'""")


def commands(scored, python):
    """Names, command lines, and whether they write the picks."""
    peers = [sys.executable if python is None else python, os.path.join(HERE, "pick_peers.py")]
    yield "cat", ["cat", scored], False
    yield "wc -l", ["wc", "-l", scored], False
    yield "wc -l, pipe", ["sh", "-c", f"cat '{scored}' | wc -l"], False
    yield "grape-pick", ["grape-pick", scored], True
    yield "grape-pick, pipe", ["sh", "-c", f"cat '{scored}' | grape-pick"], True
    yield "grape-pick, rows", ["sh", "-c", f"grape-pick --format messages '{scored}' 2>/dev/null || true"], False
    yield "grape-stats", ["grape-stats", scored], False
    yield "grape-stats, pipe", ["sh", "-c", f"cat '{scored}' | grape-stats"], False
    for name in ("duckdb", "duckdb-columns", "polars"):
        module = name.split("-")[0]
        if subprocess.run([peers[0], "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0:
            for threads in "12":
                yield f"{name}, threads: {threads}", [*peers, name, scored, threads], True
    if subprocess.run([peers[0], "-c", "import orjson"], stderr=subprocess.DEVNULL).returncode == 0:
        yield "orjson", [*peers, "orjson", scored, "1"], True
    if shutil.which("jq"):
        yield "jq, one field", ["jq", "-c", ".grape.score", scored], False
        yield "jq, sort, awk", ["sh", "-c", SORT.replace("{}", scored)], True
    if shutil.which("mlr"):
        yield "Miller", ["mlr", "--jsonl", "flatten", "then", "top", "-a", "-f", "grape.score", "-g", "grape.group",
                         scored], True


def run(command, output):
    """Seconds, processor seconds and bytes of memory, those of the greatest process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=output)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def picked(path):
    """How often each record of the pool was picked."""
    with open(path, "rb") as file:
        return collections.Counter(json.loads(line)["id"] for line in file)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n")[2][7:])
    parser.add_argument("--python")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--unchecked", action="store_true")
    parser.add_argument("--only")
    parser.add_argument("--keep")
    parser.add_argument("pool")
    parser.add_argument("count", nargs="?", default="300000")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scored = arguments.keep or os.path.join(folder, "scored.jsonl")
        if not os.path.exists(scored):
            with open(scored, "wb") as file:
                maker = [sys.executable, os.path.join(HERE, "scored_records.py"), arguments.count, arguments.pool]
                subprocess.run(maker, stdout=file, check=True)
        size = os.path.getsize(scored)
        everything = [
            command for command in commands(scored, arguments.python)
            if not arguments.only or command[0].startswith(tuple(arguments.only.split(",")))]
        output = os.path.join(folder, "picks.jsonl")
        figures = {name: [] for name, _, _ in everything}
        picks = {}
        for turn in range(0 if arguments.unchecked else -1, arguments.runs):
            for name, command, writes in everything:
                if turn < 0:
                    # The first turn fills the page cache and sees to it that the programs do the same.
                    if writes:
                        with open(output, "wb") as file:
                            run(command, file)
                        picks[name] = picked(output)
                    continue
                with open(os.devnull, "wb") as file:
                    figures[name].append(run(command, file))
        other = [name for name in picks if picks[name] != picks.get("grape-pick", picks[name])]
        if other:
            sys.exit(f"other picks than grape-pick's: {', '.join(other)}")
        if arguments.runs == 0:
            return
        print(f"{size / 1e6:.0f} MB, medians of {arguments.runs}")
        print(f"{'':26}{'s':>7} {'MB/s':>7} {'cpu s':>7} {'MB memory':>10}")
        for name, runs in figures.items():
            seconds, cpu, memory = (statistics.median(column) for column in zip(*runs))
            print(f"{name:26}{seconds:7.2f} {size / seconds / 1e6:7.0f} {cpu:7.2f} {memory / 1e6:10.0f}")


main()
