import Testing

/// A scorer that breaks the contract, and the rules that a check must find broken.
struct BrokenScorer: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let breaches: [String]
  /// Run with `sh`.
  let script: String
  /// Those of the check.
  var options = ""

  init(_ fault: String, _ breaches: [String], _ script: String, options: String = "") {
    self.testDescription = fault
    self.breaches = breaches
    self.script = script
    self.options = options
  }

  /// What a line must go through to be scored well.
  private static let scored = "jq -c --unbuffered '.grape.score = (.grape.spans[0][1] - .grape.spans[0][0])"

  static let all = [
    BrokenScorer("ends with another status", ["status", "empty"], scored + "'; exit 3"),
    BrokenScorer("never ends", ["status", "order"], "exec sleep 60", options: "-t 1"),
    BrokenScorer("reverses records", ["order"], scored + "' | sed '1!G;h;$!d'"),
    BrokenScorer("drops a record", ["order"], scored + " | select(.id != 3)'"),
    BrokenScorer("repeats records", ["order"], scored + " | ., .'"),
    BrokenScorer("writes on several lines", ["order"], scored + "' | jq ."),
    BrokenScorer("talks on standard output", ["order"], "echo scoring; " + scored + "'"),
    BrokenScorer("writes no score", ["scores", "bad"], "jq -c --unbuffered ."),
    BrokenScorer("writes null", ["scores", "bad"], scored + " | .grape.score = null'"),
    BrokenScorer("writes text", ["scores", "bad"], scored + " | .grape.score |= tostring'"),
    BrokenScorer(
      "writes an infinite number", ["scores", "bad"],
      scored + " | .grape.score = 7777' | sed 's/\"score\":7777/\"score\":1e999/'"),
    BrokenScorer("loses a member", ["members"], scored + " | del(.source)'"),
    BrokenScorer("changes a member", ["members"], scored + " | .response |= ascii_downcase'"),
    BrokenScorer("loses the group", ["scores", "group", "bad"], scored + " | del(.grape.group)'"),
    BrokenScorer("changes the group", ["group"], scored + " | .grape.group |= .[8:]'"),
    BrokenScorer("scores at random", ["repeated"], scored + " | .grape.score += '$$"),
    BrokenScorer(
      "loses what no line feed ends", ["last"],
      "while IFS= read -r line; do printf '%s\\n' \"$line\"; done | " + scored + "'"),
    BrokenScorer(
      "writes about nothing", ["empty"],
      "IFS= read -r first || { echo none; exit; }; { printf '%s\\n' \"$first\"; cat; } | " + scored + "'"),
    BrokenScorer("hides failures", ["bad", "full"], scored + "' 2>/dev/null || true"),
    BrokenScorer("is silent about bad records", ["bad"], scored + "' 2>/dev/null"),
    BrokenScorer(
      "passes bad records on", ["bad"],
      "jq -cR --unbuffered 'try (fromjson | .grape.score = (.grape.spans | length)) catch {grape: {score: 0}}'"
    ),
    BrokenScorer("keeps records back", ["pause"], "jq -c '.grape.score = 1'", options: "-s"),
    BrokenScorer(
      "keeps one record back", ["pause"], "sed -u -n 'x;1!p;${x;p;}' | " + scored + "'", options: "-s"),
    BrokenScorer(
      "complains of a closed pipe", ["closed"],
      scored + "' || { status=$?; echo failed >&2; exit $status; }"),
    BrokenScorer(
      "takes no notice of a full disk", ["full"],
      "all=$(mktemp) || exit 2; \(scored)' >\"$all\"; status=$?; cat \"$all\" 2>/dev/null; rm \"$all\"; exit $status"
    ),
  ]
}
