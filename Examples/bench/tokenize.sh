#!/usr/bin/env bash
# Measures grape-tokenize: megabytes of JSON Lines per second, start-up included, compiling a tokenizer, the first record.
# Usage: Examples/bench/tokenize.sh MODEL CANDIDATES [RUNS [TOKENIZER_JSON]]
set -euo pipefail
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
model=$1 candidates=$2 runs=${3:-9} reference=${4:-}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
head -n 1 "$candidates" >"$work/one.jsonl"
bytes=$(wc -c <"$candidates")

# The median of the seconds that $runs runs of a command take; records that are bad do not count.
seconds() {
  local start
  for _ in $(seq "$runs"); do
    start=$EPOCHREALTIME
    "$@" >/dev/null 2>&1 || [ $? = 1 ]
    echo "$start $EPOCHREALTIME"
  done | awk '{ print $2 - $1 }' | sort -n | sed -n "$(((runs + 1) / 2))p"
}
rate() { printf '%-44s %7.1f MB/s\n' "$1" "$(awk -v b="$bytes" -v s="$2" 'BEGIN { print b / s / 1e6 }')"; }
time_of() { printf '%-44s %7.1f ms\n' "$1" "$(awk -v s="$2" 'BEGIN { print s * 1000 }')"; }
compile() {
  rm -rf "$XDG_CACHE_HOME/grape"
  grape-tokenize -m "$model" "$work/one.jsonl"
}

time_of "one record, compiling the tokenizer" "$(seconds compile)"
time_of "one record, compiled tokenizer" "$(seconds grape-tokenize -m "$model" "$work/one.jsonl")"
rate "one thread" "$(seconds grape-tokenize -j1 -m "$model" "$candidates")"
rate "$(nproc) threads" "$(seconds grape-tokenize -m "$model" "$candidates")"

# What perf counts in $runs runs: samples without the encoder's code, of which some is C, on the stack, and all.
samples() {
  perf record -q -g -F 5000 -o "$work/perf" -- bash -c \
    'for _ in $(seq "$1"); do grape-tokenize -j1 -m "$2" "$3"; done' _ "$runs" "$model" "$1" >/dev/null 2>&1
  perf script -i "$work/perf" --comm grape-tokenize --no-inline -F ip,sym 2>/dev/null |
    awk -v RS= '!/ [$]s12Tokenization|classify_|grape_run_lanes|marked_/ { others++ } END { print others, NR }'
}
# own_rate TITLE CANDIDATES BYTES: the rate of all but start-up and encoding. Start-up is taken off, and perf's own weight
# is not in the time.
own_rate() {
  local candidates=$2 bytes=$3 share time
  share=$(echo "$(samples "$candidates") $(samples "$work/one.jsonl")" | awk '{ print ($1 - $3) / $2 }')
  time=$(seconds grape-tokenize -j1 -m "$model" "$candidates")
  rate "$1" "$(awk -v s="$share" -v t="$time" 'BEGIN { print s * t }')"
}
if command -v perf >/dev/null; then
  own_rate "one thread, all but start-up and encoding" "$candidates" "$bytes"
  # The same of a long run, in which memory is taken from the system once and used often.
  copies=$((100000000 / bytes + 1))
  for _ in $(seq "$copies"); do cat "$candidates"; done >"$work/many.jsonl"
  own_rate "the same, the input $copies times" "$work/many.jsonl" $((copies * bytes))
fi

if [ -n "$reference" ]; then
  runs=1
  rate "Hugging Face tokenizers, one thread" "$(RAYON_NUM_THREADS=1 seconds "${PYTHON:-python3}" -c '
import json, sys, tokenizers
tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1])
for line in open(sys.argv[2], encoding="utf-8"):
    record = json.loads(line)
    text = "Question: " + record["instruction"] + "\nAnswer: " + record["response"]
    record["grape"] = {"tokens": tokenizer.encode(text).ids}
    print(json.dumps(record, ensure_ascii=False))' "$reference" "$candidates")"
fi
