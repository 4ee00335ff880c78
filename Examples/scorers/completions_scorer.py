#!/usr/bin/env python3
"""Score tokenized records with a server that speaks OpenAI's completions protocol, or one near it.

    grape-tokenize -m MODEL candidates.jsonl | completions_scorer.py --url http://localhost:8000 | grape-pick > sft.jsonl

Sends each record's token ids and puts `score` (the mean log-probability of a response token, natural logarithm),
`logprob` (the sum), `count` and `model` into its `grape` member; `tokens` and `spans` go. Servers differ in how they
tell the log-probabilities of a prompt, and some do not: README.md beside this file says which. By default the dialect
is taken from what the server says of itself.

    vllm          /v1/completions with prompt_logprobs
    sglang        /generate with return_logprob
    echo          /v1/completions with echo and logprobs, as OpenAI had it
    echo-text     the same with the text (grape.text, after grape-tokenize --keep-text) instead of ids, for servers that
                  take no ids
    llama-server  llama.cpp's /completion, a request for each response token

A request that fails with 429 or 5xx, or gets no connection, is tried again, longer apart each time. Exit status: 0 when
all records were scored, 1 when some were left out, 2 when the work could not be done. Needs nothing but Python. A key
for the server is taken from OPENAI_API_KEY.
"""
import argparse
import http.client
import json
import os
import random
import threading
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from scoring import BadRecord, Failure, Scoring, from_log_probabilities, main

NAME = "completions_scorer.py"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://localhost:8000", help="the server (default: http://localhost:8000)")
    parser.add_argument("-m", "--model", help="the model's name (default: the first that the server has)")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), help="default: found out")
    parser.add_argument("-j", "--jobs", type=int, default=16, metavar="N", help="requests at a time (default: 16)")
    parser.add_argument("--retries", type=int, default=8, metavar="N", help="how often a request is tried again (default: 8, some two minutes)")
    parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="for one answer (default: 600)")
    parser.add_argument("--per-token", action="store_true", help="also write the response tokens' log-probabilities as grape.logprobs")
    parser.add_argument("--keep-tokens", action="store_true", help="keep grape.tokens and grape.spans")
    parser.add_argument("files", nargs="*", metavar="FILE", help="tokenized records (default: standard input)")
    arguments = parser.parse_args()
    if arguments.jobs < 1:
        parser.error("--jobs: expected a number from 1")
    if urllib.parse.urlsplit(arguments.url).scheme not in ("http", "https"):
        parser.error("--url: expected http://... or https://...")
    return arguments


class Server:
    """A server's address; each thread keeps a connection of its own."""

    def __init__(self, arguments):
        self.url = urllib.parse.urlsplit(arguments.url)
        self.prefix = self.url.path.rstrip("/").removesuffix("/v1")
        self.timeout, self.retries = arguments.timeout, arguments.retries
        key = os.environ.get("OPENAI_API_KEY")
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self.local = threading.local()

    def _connection(self):
        if not getattr(self.local, "connection", None):
            kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
            self.local.connection = kind(self.url.hostname, self.url.port, timeout=self.timeout)
        return self.local.connection

    def _once(self, path, body):
        """The status of one exchange, and what was answered."""
        connection = self._connection()
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request("GET" if body is None else "POST", self.prefix + path, data, self.headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers.get("Retry-After", "")
        except (OSError, http.client.HTTPException):
            connection.close()
            self.local.connection = None
            raise

    def ask(self, path, body=None):
        """The answer in JSON.

        Raises BadRecord where the server refuses this request, and Failure where there is no getting an answer."""
        for attempt in range(self.retries + 1):
            pause = min(60, 0.5 * 2**attempt) * random.uniform(0.5, 1)
            try:
                status, text, retry_after = self._once(path, body)
            except (OSError, http.client.HTTPException) as error:
                reason = f"{self.url.netloc}: {error or type(error).__name__}"
            else:
                reason = f"{self.url.netloc}: {status} {text[:200].decode('utf-8', 'replace')!r}"
                if status == 200:
                    try:
                        return json.loads(text)
                    except ValueError:
                        raise Failure(f"{self.url.netloc}{path}: the answer is not JSON") from None
                if status in (401, 403, 404):
                    raise Failure(reason)
                if status != 429 and status < 500:
                    raise BadRecord(reason)
                pause = max(pause, float(retry_after)) if retry_after.isdigit() else pause
            if attempt < self.retries:
                time.sleep(pause)
        raise Failure(reason)

    def models(self):
        """What /v1/models lists."""
        try:
            return self.ask("/v1/models")["data"]
        except (BadRecord, KeyError, TypeError) as error:
            raise Failure(f"{self.url.netloc}: /v1/models: {error}") from None


# The dialects: functions of server, model, record, tokens and positions that give the log-probability of the token at each
# position. They check that the answer is about the tokens that were sent.


def vllm(server, model, record, tokens, positions):
    body = {"model": model, "prompt": tokens, "max_tokens": 1, "temperature": 0, "prompt_logprobs": 0}
    answer = server.ask("/v1/completions", body)["choices"][0]["prompt_logprobs"]
    if len(answer) != len(tokens):
        raise BadRecord(f"sent {len(tokens)} tokens, got log-probabilities of {len(answer)}")
    return [answer[position][str(tokens[position])]["logprob"] for position in positions]


def sglang(server, model, record, tokens, positions):
    # The first entry is of the token at the start, with null where nothing before it was asked for.
    start = positions[0] - 1
    body = {
        "input_ids": tokens,
        "sampling_params": {"max_new_tokens": 1, "temperature": 0},
        "return_logprob": True,
        "logprob_start_len": start,
    }
    answer = server.ask("/generate", body)["meta_info"]["input_token_logprobs"]
    if [entry[1] for entry in answer] != tokens[start:]:
        raise BadRecord("the log-probabilities are of other tokens than those sent")
    return [answer[position - start][0] for position in positions]


def echo(server, model, record, tokens, positions):
    return echoed(server, model, tokens, tokens, positions)


def echo_text(server, model, record, tokens, positions):
    text = record.value("grape.text")
    if not isinstance(text, str):
        raise BadRecord("no grape.text; grape-tokenize --keep-text writes it")
    return echoed(server, model, text, tokens, positions)


def echoed(server, model, prompt, tokens, positions):
    body = {"model": model, "prompt": prompt, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    answer = server.ask("/v1/completions", body)["choices"][0]["logprobs"]["token_logprobs"]
    # The last one is of the token that was made. llama-cpp-python's server leaves it out, and gives each of the others
    # the probability of standing one place later.
    if len(answer) != len(tokens) + 1:
        raise BadRecord(f"expected log-probabilities of {len(tokens)} tokens and the one made, found {len(answer)} in all")
    return [answer[position] for position in positions]


def llama_server(server, model, record, tokens, positions):
    # It tells the log-probability of what it samples, before any bias: the bias makes it sample the token asked for.
    values = []
    for position in positions:
        body = {
            "prompt": tokens[:position],
            "n_predict": 1,
            "n_probs": 1,
            "temperature": 0,
            "cache_prompt": True,
            "logit_bias": [[tokens[position], 1e5]],
        }
        sampled = server.ask("/completion", body)["completion_probabilities"][0]
        if sampled["id"] != tokens[position]:
            raise BadRecord(f"asked for token {tokens[position]}, got {sampled['id']}")
        values.append(sampled["logprob"])
    return values


DIALECTS = {"vllm": vllm, "sglang": sglang, "echo": echo, "echo-text": echo_text, "llama-server": llama_server}

# By `owned_by` in /v1/models.
OWNERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama-server"}


def run():
    arguments = parse_arguments()
    server = Server(arguments)
    dialect, model = arguments.dialect, arguments.model
    if not (dialect and model):
        listed = server.models()
        if not listed:
            raise Failure(f"{server.url.netloc}: serves no model")
        dialect = dialect or OWNERS.get(listed[0].get("owned_by"), "echo")
        model = model or listed[0]["id"]
    name = f"{os.path.basename(model)}@{dialect}"

    def log_probabilities(item):
        try:
            values = DIALECTS[dialect](server, model, *item)
            return from_log_probabilities(values, name, arguments.per_token)
        except BadRecord as error:
            return error
        except (IndexError, KeyError, TypeError) as error:
            return BadRecord(f"no log-probabilities in the answer ({dialect}): {error!r}")

    with ThreadPoolExecutor(arguments.jobs) as pool:
        scoring = Scoring(
            NAME,
            prepare=lambda record: (record, *record.tokens()),
            score=lambda items: pool.map(log_probabilities, items),
            batch=1 if arguments.jobs == 1 else 8 * arguments.jobs,
            dropped=() if arguments.keep_tokens else ("tokens", "spans"),
        )
        return scoring.run(arguments.files)


if __name__ == "__main__":
    main(run)
