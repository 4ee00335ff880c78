#!/usr/bin/env python3
"""A server for tests of Examples/scorers/completions_scorer.py: the requests and answers of vLLM, SGLang, OpenAI's echo and
llama.cpp, as their documentation and sources have them, and a model that every test can compute: the log-probability of
token t behind token s is -0.5 - ((31 s + 17 t) mod 97) / 16.

    completions_server.py PORTFILE [OWNER [FAILURES]]

Listens on a free port, which it writes to PORTFILE. OWNER is what it says of its model, `vllm` by default. The first
FAILURES requests fail, with 503, 429 or a connection that is closed. Answers come out of order. A prompt of 1000 tokens
or more is refused with 400.
"""
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIMIT = 1000


def log_probability(before, token):
    return -0.5 - (31 * before + 17 * token) % 97 / 16


def log_probabilities(tokens):
    return [None] + [log_probability(before, token) for before, token in zip(tokens, tokens[1:])]


def vllm_or_echo(body):
    tokens = body["prompt"]
    choice = {"index": 0, "text": "x", "finish_reason": "length"}
    if body.get("echo"):
        if body["logprobs"] is None:
            raise ValueError("logprobs")
        choice["logprobs"] = {"token_logprobs": log_probabilities(tokens) + [-1.0]}
    if "prompt_logprobs" in body:
        # The token itself, and with a number above 0 the most probable ones beside it.
        choice["prompt_logprobs"] = [
            value if value is None else {str(token): {"logprob": value, "rank": 2, "decoded_token": "x"}}
            for token, value in zip(tokens, log_probabilities(tokens))
        ]
    return {"object": "text_completion", "choices": [choice]}


def sglang(body):
    tokens, start = body["input_ids"], body["logprob_start_len"]
    values = log_probabilities(tokens)
    entries = [[value, token, None] for token, value in zip(tokens, values)][start:]
    entries[0][0] = None
    assert body["return_logprob"] and body["sampling_params"]["max_new_tokens"] > 0
    return {"text": "x", "meta_info": {"input_token_logprobs": entries, "output_token_logprobs": [[-1.0, 1, None]]}}


def llama_server(body):
    assert body["n_predict"] == 1 and body["n_probs"] > 0
    token, bias = body["logit_bias"][0]
    assert bias > 1000
    return {"completion_probabilities": [{"id": token, "logprob": log_probability(body["prompt"][-1], token)}]}


ROUTES = {"/v1/completions": vllm_or_echo, "/generate": sglang, "/completion": llama_server}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    count = 0

    def log_message(self, *arguments):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        models = {"object": "list", "data": [{"id": "org/model", "object": "model", "owned_by": OWNER}]}
        self.answer(200 if self.path == "/v1/models" else 404, models)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            number = Handler.count
            Handler.count += 1
        if number < FAILURES:
            if number % 3 == 2:
                self.close_connection = True
            else:
                self.answer([503, 429][number % 3], {"error": "busy"})
            return
        time.sleep(number * 7 % 5 / 500)
        if len(body.get("prompt", body.get("input_ids"))) >= LIMIT:
            self.answer(400, {"error": {"message": f"This model's maximum context length is {LIMIT} tokens"}})
        elif self.path not in ROUTES:
            self.answer(404, {"error": "Not Found"})
        else:
            self.answer(200, ROUTES[self.path](body))


OWNER = sys.argv[2] if len(sys.argv) > 2 else "vllm"
FAILURES = int(sys.argv[3]) if len(sys.argv) > 3 else 0
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(str(server.server_address[1]))
server.serve_forever()
