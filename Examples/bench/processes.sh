#!/usr/bin/env bash
# Measures start-up, and the memory of one and of four grape-score processes on one model (Linux).
# Usage: Examples/bench/processes.sh MODEL CANDIDATES
set -euo pipefail
export LC_ALL=C
[ $# = 2 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
model=$1 candidates=$2

work=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
head -n 1 "$candidates" >"$work/one.jsonl"
grape-tokenize -m "$model" "$work/one.jsonl" >"$work/one-tokens.jsonl"
head -n 50 "$candidates" | grape-tokenize -m "$model" >"$work/tokens.jsonl"

# Median of eleven runs in milliseconds.
milliseconds() {
  local start
  for _ in $(seq 11); do
    start=$EPOCHREALTIME
    "$@" >/dev/null
    echo "$start $EPOCHREALTIME"
  done | awk '{ print ($2 - $1) * 1000 }' | sort -n | sed -n 6p
}
printf '%-44s %7.1f ms\n' \
  "grape-score --version" "$(milliseconds grape-score --version)" \
  "grape-tokenize, one record, warm cache" "$(milliseconds grape-tokenize -m "$model" "$work/one.jsonl")" \
  "grape-score, one record" "$(milliseconds grape-score -m "$model" "$work/one-tokens.jsonl")"

# Proportional set size in MB of each of $1 processes that have scored all records and wait for more.
memory() {
  pids=()
  for number in $(seq "$1"); do
    mkfifo "$work/in.$number"
    grape-score -m "$model" <"$work/in.$number" >"$work/out.$number" &
    pids+=($!)
    exec {input}>"$work/in.$number"
    cat "$work/tokens.jsonl" >&"$input"
  done
  for number in $(seq "$1"); do
    until [ "$(wc -l <"$work/out.$number")" = "$(wc -l <"$work/tokens.jsonl")" ]; do sleep 0.1; done
  done
  for pid in "${pids[@]}"; do awk '$1 == "Pss:" { print $2 / 1024 }' "/proc/$pid/smaps_rollup"; done |
    awk '{ sum += $1 } END { printf "%7.1f MB\n", sum / NR }'
  kill "${pids[@]}"
  wait 2>/dev/null || true
  rm "$work"/in.* "$work"/out.*
}
printf '%-44s %s\n' "one process, proportional set size" "$(memory 1)"
printf '%-44s %s\n' "each of four processes" "$(memory 4)"
