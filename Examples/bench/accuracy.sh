#!/usr/bin/env bash
# Measures how far grape-score's log-probabilities are from references.
set -euo pipefail

usage() {
  cat <<'END'
Usage: Examples/bench/accuracy.sh [-p PRECISION]... [CHECKPOINT ...]
       Examples/bench/accuracy.sh [-p PRECISION]... [-s] -m MODEL -r RECORDS.jsonl [-n COUNT]

First form: scores the sequences of each CHECKPOINT's reference scores and compares. A CHECKPOINT is a
folder with a scores.jsonl or a file NAME.gguf with a NAME.scores.jsonl beside it (default: the
repository's fixtures, whose references were computed in float64).

Second form: tokenizes the first COUNT records, scores them with MODEL and compares with transformers in
float32 on the same weights (Examples/scorers/transformers_scorer.py; minutes on a CPU), or with -s with
grape-score's own f32.

  -p PRECISION   a --precision of grape-score; several are measured in turn (default: f32, bf16 and int8; with -s bf16
                 and int8)
  -m MODEL       a .gguf file or a checkpoint folder
  -r RECORDS     candidates, one JSON object a line
  -n COUNT       records to compare (default: 100)
  -s             compare with grape-score --precision f32
  -o FOLDER      keep the scored records there
  -h             print this text

Takes grape-tokenize and grape-score from PATH, Python from $PYTHON (default: python3; the second form
needs torch, transformers and gguf).
END
}

die() { printf 'accuracy.sh: %s\n' "$*" >&2; exit 2; }

precisions=()
model=
records=
count=100
is_own=
output=
while getopts p:m:r:n:so:h option; do
  case $option in
    p) precisions+=("$OPTARG") ;;
    m) model=$OPTARG ;;
    r) records=$OPTARG ;;
    n) count=$OPTARG ;;
    s) is_own=1 ;;
    o) output=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ ${#precisions[@]} -eq 0 ]; then
  precisions=(bf16 int8)
  [ -n "$is_own" ] || precisions=(f32 "${precisions[@]}")
fi
python=${PYTHON:-python3}
top=$(cd "$(dirname "$0")/../.." && pwd)
accuracy=$top/Examples/bench/accuracy.py
command -v grape-score >/dev/null || die "grape-score was not found in PATH"

if [ -z "$output" ]; then
  output=$(mktemp -d "${TMPDIR:-/tmp}/grape-accuracy.XXXXXX")
  trap 'rm -rf "$output"' EXIT
else
  mkdir -p "$output"
fi

# Scores $1/tokens.jsonl with model $2 in each precision and prints the differences to reference $3.
measure() {
  local precision name
  name=$(basename "$2" .gguf)
  for precision in "${precisions[@]}"; do
    grape-score -m "$2" --precision "$precision" --per-token "$1/tokens.jsonl" >"$1/$precision.jsonl"
    "$python" "$accuracy" compare "$3" "$1/$precision.jsonl" --name "$name $precision"
  done
}

"$python" "$accuracy" header
if [ -n "$model" ]; then
  [ -n "$records" ] || die "-m needs -r RECORDS.jsonl"
  [ $# -eq 0 ] || die "give checkpoints or -m, not both"
  # Not through a pipe: head would end grape-tokenize early, and that is no failure.
  head -n "$count" "$records" >"$output/records.jsonl"
  grape-tokenize -m "$model" "$output/records.jsonl" >"$output/tokens.jsonl"
  if [ -n "$is_own" ]; then
    grape-score -m "$model" --precision f32 --per-token "$output/tokens.jsonl" >"$output/reference.jsonl"
  else
    "$python" "$top/Examples/scorers/transformers_scorer.py" -m "$model" --dtype float32 --per-token \
      "$output/tokens.jsonl" >"$output/reference.jsonl"
  fi
  measure "$output" "$model" "$output/reference.jsonl"
  exit
fi

[ $# -gt 0 ] || set -- "$top"/Tests/Fixtures/models/*/ "$top"/Tests/Fixtures/gguf/*.gguf
for checkpoint; do
  checkpoint=${checkpoint%/}
  reference=$checkpoint/scores.jsonl
  [ -d "$checkpoint" ] || reference=${checkpoint%.gguf}.scores.jsonl
  # A file that has no reference is no checkpoint to measure.
  [ -f "$reference" ] || continue
  folder=$output/$(basename "$checkpoint")
  mkdir -p "$folder"
  "$python" "$accuracy" tokens "$reference" >"$folder/tokens.jsonl"
  measure "$folder" "$checkpoint" "$reference"
done
