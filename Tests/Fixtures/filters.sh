# Functions for the cases that hold for every filter.

model=$FIXTURES/models/smollm-2
filters="grape-tokenize grape-score grape-pick grape-stats"
# Those of them that write records.
writers="grape-tokenize grape-score grape-pick"

# candidates N: so many records, each an instruction of its own.
candidates() {
  seq 1 "$1" | sed 's/.*/{"id":&,"instruction":"Count to &.","response":"One, two, & it is."}/'
}

# records N: the same after all stages, so that any filter takes them.
records() {
  candidates "$1" | grape-tokenize -m "$model" | grape-score -m "$model" --keep-tokens
}

# filter NAME [ARGUMENT ...]: runs a filter with what it cannot do without.
filter() {
  name=$1
  shift
  case $name in
    grape-tokenize | grape-score) "$name" -m "$model" "$@" ;;
    *) "$name" "$@" ;;
  esac
}

# ids: the ids of the records on standard input, in one line.
ids() {
  grep -o '"id":[0-9]*' | cut -d : -f 2 | tr '\n' ' ' | sed 's/ $//'
  echo
}
