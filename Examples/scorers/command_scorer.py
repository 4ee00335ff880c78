#!/usr/bin/env python3
"""Score records with a command that reads texts, one a line, and prints numbers, one a line.

    command_scorer.py ./reward-model < tokens.jsonl | grape-pick > sft.jsonl
    command_scorer.py --of instruction --of response --json python3 reward.py < tokens.jsonl

The command runs once and gets a line for each record: the text at --of, with line ends and tabs as spaces; or with
--json a JSON string, or an array of strings where --of is given several times. It must print one number for each line,
in order, and may wait for the end of its input first. What it prints goes into grape.score.

A record whose text is missing, or for which the command prints no finite number, is left out and reported. Exit status:
0 when all records were scored, 1 when some were left out, 2 when the command failed or printed too few lines.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque

from scoring import BadRecord, Failure, Record, Scoring, main

NAME = "command_scorer.py"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--of", action="append", metavar="PATH", help="where the text is, such as response or grape.text (default: response)")
    parser.add_argument("--json", action="store_true", help="give the command JSON")
    parser.add_argument("--name", help="what to write into grape.model (default: the command)")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND [ARGUMENT ...]")
    arguments = parser.parse_args()
    if arguments.command[:1] == ["--"]:
        del arguments.command[0]
    if not arguments.command:
        parser.error("expected a command")
    arguments.of = arguments.of or ["response"]
    if len(arguments.of) > 1 and not arguments.json:
        parser.error("--of: several need --json")
    return arguments


class CommandScoring(Scoring):
    """Records whose texts are at the command, until its numbers are back; a thread of its own takes those."""

    def __init__(self, arguments):
        super().__init__(NAME, prepare=None, score=None, dropped=())
        self.paths, self.json = arguments.of, arguments.json
        self.model = arguments.name or os.path.basename(arguments.command[0])
        self.command = arguments.command[0]
        self.waiting = deque()
        self.failure = None
        try:
            self.process = subprocess.Popen(arguments.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise Failure(f"cannot run {self.command}: {error.strerror}") from None

    def line(self, record):
        texts = [record.value(path) for path in self.paths]
        for path, text in zip(self.paths, texts):
            if not isinstance(text, str):
                raise BadRecord(f"no text at {path}")
        if self.json:
            return json.dumps(texts[0] if len(texts) == 1 else texts)
        return re.sub(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]", " ", texts[0])

    def add(self, place, line):
        try:
            record = Record(place, line)
            text = self.line(record)
        except BadRecord as error:
            self.report(place, error)
            return
        self.waiting.append(record)
        try:
            self.process.stdin.write(text.encode() + b"\n")
        except BrokenPipeError:
            raise self.failure or Failure(f"{self.command} has ended before its input") from None

    def flush(self):
        try:
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.failure or Failure(f"{self.command} has ended before its input") from None

    def collect(self):
        """Writes records as their numbers come."""
        try:
            for line in self.process.stdout:
                if not self.waiting:
                    raise Failure(f"{self.command} has printed more lines than it got")
                self.write(self.waiting.popleft(), self.fields(line.decode("utf-8", "replace").strip()))
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            os._exit(128 + signal.SIGPIPE)
        except (Failure, OSError) as error:
            self.failure = error if isinstance(error, Failure) else Failure(error.strerror)
            self.process.kill()

    def fields(self, word):
        try:
            return {"score": float(word), "model": self.model}
        except ValueError:
            return BadRecord(f"expected a number from {self.command}, found {word[:40]!r}")

    def run(self, files):
        collector = threading.Thread(target=self.collect, daemon=True)
        collector.start()
        super().run(files)
        self.process.stdin.close()
        collector.join()
        status = self.process.wait()
        if self.failure:
            raise self.failure
        if status != 0:
            raise Failure(f"{self.command}: exit status {status}")
        if self.waiting:
            raise Failure(f"{self.command} has printed {len(self.waiting)} lines fewer than it got")
        return self.status


def run():
    # A command that ends early is to be reported, not to be died of.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    return CommandScoring(parse_arguments()).run([])


if __name__ == "__main__":
    main(run)
