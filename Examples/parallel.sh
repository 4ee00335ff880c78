#!/usr/bin/env bash
# Runs a filter over shards of its input, several at a time, and joins the results in order.
set -euo pipefail

usage() {
  cat <<'END'
Usage: Examples/parallel.sh [-j JOBS] [-n RECORDS] COMMAND [ARGUMENT ...] < input.jsonl > output.jsonl

Cuts standard input into shards, runs COMMAND on each shard (standard input to standard output)
with up to JOBS processes under xargs -P, and writes the shards' outputs in input order. For
grape-score the result equals that of one process, byte for byte:

    Examples/parallel.sh -j 8 grape-score --threads 1 -m MODEL < tokens.jsonl > scored.jsonl

  -j JOBS      processes at a time (default: one per processor)
  -n RECORDS   records (lines) in a shard (default: 64)
  -h           print this text

Exit status: 0 when every shard succeeded; 1 when a COMMAND exited with 1, as filters do that left
out bad records; 2 when one failed otherwise: then nothing is written. Shards are temporary files
in TMPDIR; line numbers in messages count from the beginning of a shard.
END
}

die() { printf 'parallel.sh: %s\n' "$*" >&2; exit 2; }

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
records=64
while getopts j:n:h option; do
  case $option in
    j) jobs=$OPTARG ;;
    n) records=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { usage >&2; exit 2; }
for number in "$jobs" "$records"; do
  case $number in '' | *[!0-9]* | 0) die "expected a positive number, found '$number'" ;; esac
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/grape-parallel.XXXXXX") || exit 2
export folder
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

split -a 6 -l "$records" - "$folder/in." || die "cannot write the shards to $folder"

# One shard, named by the last word of its file name. A failure makes the shards after it do nothing.
# shellcheck disable=SC2016
one='
  shard=$1; shift
  [ ! -e "$folder/failed" ] || exit 0
  status=0; "$@" <"$folder/in.$shard" >"$folder/out.$shard" || status=$?
  rm "$folder/in.$shard"
  [ "$status" -gt 1 ] || exit "$status"
  echo "parallel.sh: $1: exit status $status on shard $shard" >&2
  : >"$folder/failed"'

shopt -s nullglob
status=0
for shard in "$folder"/in.*; do echo "${shard##*.}"; done |
  xargs -I @SHARD@ -P "$jobs" sh -c "$one" sh @SHARD@ "$@" || status=$?
[ ! -e "$folder/failed" ] || die "nothing was written"
case $status in
  0) ;;
  123 | 1) status=1 ;;   # what xargs (GNU and BSD; POSIX) makes of a COMMAND that exited with 1
  *) die "xargs: exit status $status; nothing was written" ;;
esac

for shard in "$folder"/out.*; do cat "$shard" || exit 2; done
exit "$status"
