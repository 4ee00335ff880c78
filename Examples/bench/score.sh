#!/usr/bin/env bash
# Measures grape-score: tokens per second, start-up included, in each numeric mode.
# Usage: Examples/bench/score.sh MODEL CANDIDATES [RECORDS [RUNS]]
set -euo pipefail
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
model=$1 candidates=$2 records=${3:-200} runs=${4:-5}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -n "$records" "$candidates" | grape-tokenize -m "$model" >"$work/tokens.jsonl"
tokens=$(jq '.grape.tokens | length' "$work/tokens.jsonl" | awk '{ n += $1 } END { print n }')
echo "$(wc -l <"$work/tokens.jsonl") records, $tokens tokens; median of $runs runs"

for precision in f32 bf16 int8; do
  for _ in $(seq "$runs"); do
    start=$EPOCHREALTIME
    grape-score --precision "$precision" -m "$model" "$work/tokens.jsonl" >/dev/null
    echo "$start $EPOCHREALTIME"
  done | awk -v tokens="$tokens" '{ print tokens / ($2 - $1) }' | sort -n |
    awk -v mode="$precision" '{ rate[NR] = $1 } END { printf "%-5s %8.0f tokens/s\n", mode, rate[int((NR + 1) / 2)] }'
done
