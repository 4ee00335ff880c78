#!/bin/sh
# Tells whether a program keeps the contract of external scorers, SCORERS in grape(7).
set -u
export LC_ALL=C

usage() {
  cat <<'END'
Usage: Examples/scorers/check.sh [-ps] [-m MODEL] [-t SECONDS] SCORER [ARGUMENT ...]

Runs SCORER on records made to be difficult and prints a line for each rule of the contract: ok, warning
(allowed, but worth knowing) or FAIL.

  -m MODEL     make the token ids with grape-tokenize -m MODEL; without it they are small made-up numbers
  -p           feed candidates without a grape member, as they are before grape-tokenize
  -s           a record held back while the input pauses is a failure, not a warning
  -t SECONDS   how long one run may take (default: 60)
  -h           print this text

Needs jq, and grape-pick in PATH. Exit status: 0 when the contract is kept, 1 when it is not, 2 when that could
not be found out.
END
}

die() { echo "check.sh: $*" >&2; exit 2; }

model='' plain=false streams=false limit=60
while getopts m:pst:h option; do
  case $option in
    m) model=$OPTARG ;;
    p) plain=true ;;
    s) streams=true ;;
    t) limit=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { usage >&2; exit 2; }
case $limit in '' | *[!0-9]* | 0) die "expected a positive number of seconds, found '$limit'" ;; esac
for tool in jq grape-pick ${model:+grape-tokenize}; do
  command -v "$tool" >/dev/null || die "$tool is not in PATH"
done
command -v -- "$1" >/dev/null || die "$1: no such program"

folder=$(mktemp -d "${TMPDIR:-/tmp}/grape-check.XXXXXX") || exit 2
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

failures=0
ok() { printf 'ok       %s\n' "$*"; }
warn() { printf 'warning  %s\n' "$*"; }
fail() { printf 'FAIL     %s\n' "$*"; failures=$((failures + 1)); }

# --- Records ----------------------------------------------------------------------------------------------------

# Each has an id of its own, and a grape member that says where it is in the record and holds a field of another stage.
cat >"$folder/crafted" <<'END'
{"id":1,"instruction":"Why?","response":"Because.","grape":{"note":1}}
{"id":2,"instruction":"Why?","response":"It is so, and was so before.","source":"é \u00e9 e\u0301 🍇 \ud83c\udf47 日本語 \/","grape":{"note":1}}
{ "grape":{"note":1} , "z" : [ 1 ,2 ], "response":"Line\nline\ttab \"quoted\" back\\slash \u0001.", "a":{"c":{ },"b":[]},"instruction":"Why?","id":3 }
{"instruction":"How many?","n":[12345678901234567890,1E+2,0.10,-0.0,1e-7,3.141592653589793238462643,1.0],"grape":{"note":1},"response":"Many: 12345678901234567890.","id":4}
{"id":5,"k":1,"k":2,"instruction":"How many?","":null,"response":"Two.","score":"none","grape":{"note":1}}
{"id":6,"nested":{"grape":{"score":0,"group":"no"}},"instruction":"How many?","response":"Some \"grape\":{\"score\":1}.","grape":{"note":1},"last":{"x":1,"grape":{"score":"no"}}}
{"id":7,"instruction":"","response":"No question, no matter.","grape":{"note":1}}
END
awk 'BEGIN {
  printf "{\"id\":8,\"instruction\":\"Why?\",\"response\":\"In short.\",\"pad\":\""
  for (i = 0; i < 20000; i++) printf "A long line, "
  print "\",\"grape\":{\"note\":1}}"
}' >>"$folder/crafted"
mark='"grape":{"note":1}'

if $plain; then
  sed -e "s/$mark *, *//" -e "s/, *$mark//" "$folder/crafted" >"$folder/records"
elif [ -n "$model" ]; then
  grape-tokenize -m "$model" --keep-text "$folder/crafted" >"$folder/records" || die "grape-tokenize has failed"
else
  # A token for each character. A group for each instruction.
  jq -c '("Question: \(.instruction)\nAnswer: " | length) as $start |
    "Question: \(.instruction)\nAnswer: \(.response)" as $text |
    {note: 1, group: ("000000000000000" + (.instruction | length | tostring) | .[-16:]),
     tokens: ($text | explode | map(. % 50)), spans: [[$start, ($text | length)]],
     tokenizer: "characters@00000000/qa", text: $text}' "$folder/crafted" >"$folder/members"
  awk -v mark="$mark" -v members="$folder/members" '{
    at = index($0, mark)
    getline member <members
    print substr($0, 1, at - 1) "\"grape\":" member substr($0, at + length(mark))
  }' "$folder/crafted" >"$folder/records"
fi
by=''
if $plain; then by='--group-by=instruction'; fi

# --- Running ----------------------------------------------------------------------------------------------------

# start NAME INPUT SCORER [ARGUMENT ...]: runs the scorer in the background, from INPUT into NAME.out and NAME.err,
# until `finish`, or for $limit seconds.
start() {
  input=$2 output=$folder/$1.out errors=$folder/$1.err
  shift 2
  [ -e "$output" ] || : >"$output"
  "$@" <"$input" >"$output" 2>"$errors" &
  running=$!
  (
    trap 'kill "$sleeping" 2>/dev/null; exit' TERM
    sleep "$limit" &
    sleeping=$!
    wait "$sleeping"
    kill -9 "$running" 2>/dev/null
  ) </dev/null >/dev/null 2>&1 &
  guard=$!
}

# finish: waits for its end; $status is its exit status.
finish() {
  wait "$running" 2>/dev/null
  status=$?
  kill "$guard" 2>/dev/null
  wait "$guard" 2>/dev/null
}

run() {
  start "$@"
  finish
}

# What NAME.err says, in one line.
words_of() { head -n 1 "$folder/$1.err" | cut -c 1-160; }

lines_of() { awk 'END { print NR }' "$1"; }

ids_of() { jq -r 'if type == "object" then .id else "?" end' "$1" 2>/dev/null | tr '\n' ' '; }

# picks_of NAME: whether grape-pick takes every line of NAME.out; what it says otherwise is in NAME.judged.err.
picks_of() {
  grape-pick --all --keep $by "$folder/$1.out" >"$folder/$1.judged" 2>"$folder/$1.judged.err"
}

# --- The rules --------------------------------------------------------------------------------------------------

check_records() {
  began=$(date +%s)
  run all "$folder/records" "$@"
  seconds=$(($(date +%s) - began))
  case $status in
    0) ok "status: 0 when all records are scored" ;;
    137) fail "status: killed after $limit seconds (-t)" ;;
    *) fail "status: $status on records without a fault: $(words_of all)" ;;
  esac
  if [ "$(ids_of "$folder/all.out")" = "$(ids_of "$folder/records")" ] &&
    [ "$(lines_of "$folder/all.out")" -eq "$(lines_of "$folder/records")" ]; then
    ok "order: every record once, on a line, in the order of the input"
  else
    fail "order: expected the records $(ids_of "$folder/records"), found $(ids_of "$folder/all.out")in" \
      "$(lines_of "$folder/all.out") lines"
    return 1
  fi
}

check_scores() {
  if picks_of all && [ "$(lines_of "$folder/all.judged")" -eq "$(lines_of "$folder/all.out")" ]; then
    ok "scores: grape.score is a finite number in each"
  else
    fail "scores: $(words_of all.judged)"
  fi
}

check_members() {
  for file in records all.out; do jq -cS 'del(.grape)' "$folder/$file" >"$folder/$file.others"; done
  if cmp -s "$folder/records.others" "$folder/all.out.others"; then
    ok "members: all of them have the values they had"
  else
    fail "members: changed or lost in line $(cmp "$folder/records.others" "$folder/all.out.others" 2>&1 |
      sed 's/.*line //'): all but grape must pass through"
  fi
  if $plain; then
    awk '{ print substr($0, 1, length($0) - 1); print "}" }' "$folder/records" >"$folder/around"
  else
    awk -v mark="$mark" '{
      at = index($0, mark)
      print substr($0, 1, at - 1)
      print substr($0, at + length(mark))
    }' "$folder/crafted" >"$folder/around"
  fi
  respelled=$(awk -v around="$folder/around" '{
    getline head <around
    getline tail <around
    inner = substr($0, length(head) + 1, length($0) - length(head) - length(tail))
    if (index($0, head) != 1 || substr($0, length($0) - length(tail) + 1) != tail ||
      inner !~ /^,?[ \t]*"grape"[ \t]*:[ \t]*[{]/) printf " %d", NR
  }' "$folder/all.out")
  if [ -z "$respelled" ]; then
    ok "bytes: all outside of grape are as they were"
  else
    warn "bytes: written in another way, or at another place, in the lines$respelled: only values are kept"
  fi
}

check_grape() {
  if $plain; then return; fi
  for file in records all.out; do jq -c .grape.group "$folder/$file" >"$folder/$file.groups"; done
  if cmp -s "$folder/records.groups" "$folder/all.out.groups"; then
    ok "group: grape.group stays"
  else
    fail "group: grape.group is lost or changed: records cannot be grouped any more"
  fi
  if jq -e -s 'all(.[]; .grape.note == 1)' "$folder/all.out" >/dev/null 2>&1; then
    ok "fields: what other stages wrote into grape stays"
  else
    warn "fields: what other stages wrote into grape is lost"
  fi
}

check_determinism() {
  awk 'NR > 1 { print last } { last = $0 } END { printf "%s", last }' "$folder/records" >"$folder/unended"
  run unended "$folder/unended" "$@"
  run again "$folder/records" "$@"
  if cmp -s "$folder/all.out" "$folder/again.out"; then
    ok "repeated: a second run writes the same bytes"
  else
    fail "repeated: a second run does not write the same bytes"
  fi
  if [ "$(lines_of "$folder/unended.out")" -eq "$(lines_of "$folder/again.out")" ]; then
    ok "last: a last line without a line feed counts"
  else
    fail "last: a last line without a line feed is lost"
  fi
  awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }' "$folder/records" >"$folder/reversed"
  run reversed "$folder/reversed" "$@"
  for name in all reversed; do
    jq -r '"\(.id) \(.grape.score)"' "$folder/$name.out" 2>/dev/null | sort >"$folder/$name.scores"
  done
  difference=$(join "$folder/all.scores" "$folder/reversed.scores" |
    awk '{ d = $2 - $3; if (d < 0) d = -d; if (d > most) most = d } END { printf "%g", most }')
  if [ "$difference" = 0 ]; then
    ok "alone: a score does not depend on the records around it"
  else
    warn "alone: in another order scores differ by up to $difference"
  fi
}

check_empty() {
  : >"$folder/nothing"
  run empty "$folder/nothing" "$@"
  if [ "$status" -eq 0 ] && [ ! -s "$folder/empty.out" ]; then
    ok "empty: nothing in, nothing out, status 0"
  else
    fail "empty: status $status and $(lines_of "$folder/empty.out") lines from empty input: $(words_of empty)"
  fi
}

check_bad_records() {
  {
    sed -n 1,2p "$folder/records"
    echo '{"id":"torn","instruction":"Why?","respon'
    sed -n 3p "$folder/records"
    echo '["no", "object"]'
    echo '{"id":"bare","grape":null}'
    sed -n 4p "$folder/records"
  } >"$folder/some-bad"
  run bad "$folder/some-bad" "$@"
  found=$(ids_of "$folder/bad.out")
  if ! picks_of bad || { [ "$found" != '1 2 3 4 ' ] && [ "$found" != '1 2 ' ]; }; then
    fail "bad: expected the records 1 2 3 4 of an input with bad ones between, found ${found:-none}"
  elif [ "$status" -eq 0 ]; then
    fail "bad: status 0 though records were bad"
  elif [ ! -s "$folder/bad.err" ]; then
    fail "bad: no message about bad records"
  elif [ "$found" = '1 2 ' ]; then
    warn "bad: stops with status $status at the first bad record"
  elif [ "$status" -ne 1 ]; then
    warn "bad: status $status though only some records were bad; 1 is the filters'"
  else
    ok "bad: bad records are left out and reported, the others scored, status 1"
  fi
}

check_pause() {
  mkfifo "$folder/pausing"
  start paused "$folder/pausing" "$@"
  exec 3>"$folder/pausing"
  sed -n 1,3p "$folder/records" >&3 2>/dev/null
  waiting=$((20 + 20 * seconds))
  while [ "$(lines_of "$folder/paused.out")" -lt 3 ] && [ "$waiting" -gt 0 ] && kill -0 "$running" 2>/dev/null; do
    sleep 0.1 2>/dev/null || sleep 1
    waiting=$((waiting - 1))
  done
  came=$(lines_of "$folder/paused.out")
  exec 3>&-
  finish
  if [ "$came" -eq 3 ]; then
    ok "pause: the records so far come out while the input pauses"
  elif $streams; then
    fail "pause: $came of 3 records came out while the input paused"
  else
    warn "pause: $came of 3 records came out while the input paused; the others had to wait"
  fi
}

check_closed_pipe() {
  # More than a pipe holds, in few records.
  awk -v pad="$(awk 'BEGIN { for (i = 0; i < 3000; i++) printf "A long line, " }')" 'NR <= 4 {
    at = match($0, /} *$/)
    print substr($0, 1, at - 1) ",\"padding\":\"" pad pad pad "\"}"
  }' "$folder/records" >"$folder/long"
  mkfifo "$folder/closed.out"
  head -n 1 <"$folder/closed.out" >/dev/null &
  start closed "$folder/long" "$@"
  finish
  if [ "$status" -eq 137 ]; then
    fail "closed: goes on after the reader of its output is gone"
  elif [ "$(lines_of "$folder/closed.err")" -gt "$(lines_of "$folder/all.err")" ]; then
    fail "closed: not quiet when the reader of its output ends, as head -n 1 does: $(words_of closed)"
  else
    ok "closed: ends quietly with the reader of its output"
  fi
}

check_full_disk() {
  [ -c /dev/full ] || return 0
  ln -s /dev/full "$folder/full.out"
  start full "$folder/records" "$@"
  finish
  if [ "$status" -ne 0 ]; then
    ok "full: status $status where output cannot be written"
  else
    fail "full: status 0 though its output could not be written"
  fi
}

if check_records "$@"; then
  check_scores
  check_members
  check_grape
  check_determinism "$@"
  check_empty "$@"
  check_bad_records "$@"
  check_pause "$@"
  check_closed_pipe "$@"
  check_full_disk "$@"
fi
[ "$failures" -eq 0 ]
