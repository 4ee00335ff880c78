#!/usr/bin/env bash
# Measures what grape-score saves where records begin alike, and what --refine costs and picks.
# Usage: Examples/bench/sharing.sh MODEL CANDIDATES [RECORDS]
set -euo pipefail
export LC_ALL=C
[ $# -ge 2 ] || { sed -n '3s/^# //p' "$0" >&2; exit 2; }
model=$(realpath "$1") records=${3:-100}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Records with an instruction and a response; what the model cannot take is left out.
jq -c 'select((.instruction | type) == "string" and (.response | type) == "string")' "$2" >"$work/candidates"
cd "$work"

# NAME OPTIONS... < records with tokens: seconds, and what --progress says at its end; scores go to NAME.jsonl.
measure() {
  local name=$1 start
  shift
  cat >input
  start=$EPOCHREALTIME
  grape-score -m "$model" --progress "$@" input >"$name.jsonl" 2>errors || [ $? -eq 1 ]
  echo "$start $EPOCHREALTIME" | awk -v name="$name" '{ printf "%-22s %6.1f s  ", name, $2 - $1 }'
  sed -n 's/.* in all; //p' errors
}
compare() {
  measure "$1" <"$2"
  measure "$1-unshared" --no-prefix-sharing <"$2"
  cmp "$1.jsonl" "$1-unshared.jsonl"
}

head -n "$records" candidates >pool
grape-tokenize -m "$model" pool >pool.tokens || true
compare candidates pool.tokens

# Eight examples before every prompt.
tail -n 200 candidates | head -n 8 | jq -r '"Question: " + .instruction + "\nAnswer: " + .response + "\n"' >examples
head -n $((records / 5)) pool | grape-tokenize -m "$model" --context examples >few.tokens || true
compare few-shot few.tokens

# Conversations of four turns of the assistant, each after its beginnings.
jq -c -s '[.[:'$records'][] | {role: "user", content: .instruction[:300]}, {role: "assistant", content: .response[:400]}]
  | range(0; length - 7; 8) as $i | .[$i:$i + 8]
  | {messages: .[:2]}, {messages: .[:4]}, {messages: .[:6]}, {messages: .}' candidates |
  grape-tokenize -m "$model" --template chatml --turns all >turns.tokens || true
compare multi-turn turns.tokens

# What is picked in int8, with and without making sure of it.
for mode in '--precision=int8' '--refine'; do
  measure "${mode#--}" "$mode" <pool.tokens
  grape-pick <"${mode#--}.jsonl" >picks
  grape-pick <candidates.jsonl | { diff - picks || true; } | grep -c '^<' | sed 's/^/  picks that differ: /' || true
done
