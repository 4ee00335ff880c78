#!/usr/bin/env bash
# Measures grape-score: tokens per second, start-up included, in each numeric mode, and the share of the multiply-adds
# that the processor makes by turns with it (peak.c, where there is a C compiler).
# Usage: [THREADS=N] Examples/bench/score.sh MODEL CANDIDATES [RECORDS [RUNS]]
set -euo pipefail
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '4s/^# //p' "$0" >&2; exit 2; }
model=$1 candidates=$2 records=${3:-200} runs=${4:-5}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
head -n "$records" "$candidates" | grape-tokenize -m "$model" >"$work/tokens.jsonl"
tokens=$(jq '.grape.tokens | length' "$work/tokens.jsonl" | awk '{ n += $1 } END { print n }')
echo "$(wc -l <"$work/tokens.jsonl") records, $tokens tokens; median of $runs runs"

threads=${THREADS:-$(nproc)}
cc -O2 -march=native -pthread "$(dirname "$0")/peak.c" -o "$work/peak" 2>"$work/errors" || rm -f "$work/peak"

# The median of a column of numbers.
median() { sort -n | awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'; }

score() { grape-score --threads "$threads" --precision "$1" -m "$model" "${@:2}" "$work/tokens.jsonl"; }

for precision in f32 bf16 int8; do
  billions=$(score "$precision" --progress 2>&1 >"$work/scores" | tr '\r' '\n' |
    sed -n 's/.*computed, \([0-9,]*\) of.*/\1/p' | tail -n 1 | tr -d ,)
  : >"$work/rates" >"$work/peaks"
  for _ in $(seq "$runs"); do
    if [ -x "$work/peak" ]; then "$work/peak" "$threads" "$precision" | awk 'NR > 1 { print $NF }' >>"$work/peaks"; fi
    start=$EPOCHREALTIME
    score "$precision" >"$work/scores"
    echo "$start $EPOCHREALTIME" | awk '{ print 1 / ($2 - $1) }' >>"$work/rates"
  done
  awk -v mode="$precision" -v tokens="$tokens" -v billions="$billions" -v runs="$(median <"$work/rates")" \
    -v peak="$(median <"$work/peaks")" 'BEGIN {
      printf "%-5s %8.0f tokens/s %8.0f GFLOP/s", mode, tokens * runs, 2 * billions * runs
      if (peak) printf ", %.1f%% of %.0f", 200 * billions * runs / peak, peak
      print ""
    }'
done
