import Foundation
import TestSupport
import Testing

/// The scorers of Examples/scorers: that each keeps the contract, and that its numbers are right.
@Suite(.enabled(if: Tool.jq.isInstalled, "jq is not installed"))
struct ExampleScorerTests {
  @Test func lengthPriorKeepsTheContract() throws {
    let outcome = try run("check.sh -s Examples/scorers/length_prior.jq")
    #expect(!outcome.output.contains("FAIL"), "\(outcome.output)")
    #expect(outcome.status == 0)
  }

  @Suite(.enabled(if: Tool.python.isInstalled, "python3 is not installed"))
  struct InPython {
    @Test(arguments: [
      "ngram_scorer.py --fit tokens.jsonl",
      "similarity_scorer.py --target candidates.jsonl",
      "command_scorer.py --json sh -c 'while read -r text; do echo ${#text}; done'",
    ])
    func keepsTheContract(command: String) throws {
      let outcome = try run("check.sh -s Examples/scorers/" + command)
      #expect(Lines(outcome.output).all { $0.hasPrefix("ok ") }, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.status == 0)
    }

    @Test(.enabled(if: Tool.hasTransformers, "transformers is not installed"))
    func transformersKeepsTheContract() throws {
      let outcome = try run("check.sh -s -m \"$M\" Examples/scorers/transformers_scorer.py -m \"$M\"")
      #expect(Lines(outcome.output).all { $0.hasPrefix("ok ") }, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.status == 0)
    }

    @Test(.enabled(if: Tool.hasTransformers, "transformers is not installed"))
    func lessKeepsTheContract() throws {
      let outcome = try run(
        """
        grape-tokenize -m "$M" candidates.jsonl > target
        check.sh -s -m "$M" Examples/scorers/less_scorer.py -m "$M" --target target --dimensions 64
        """)
      #expect(Lines(outcome.output).all { $0.hasPrefix("ok ") }, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.status == 0)
    }

    /// A record's influence on itself is 1 whatever the projection, which keeps others' but for its error.
    @Test(.enabled(if: Tool.hasTransformers, "transformers is not installed"))
    func lessComparesDirections() throws {
      let outcome = try run(
        """
        head -n 1 tokens.jsonl > target
        head -n 8 tokens.jsonl > pool
        less() { Examples/scorers/less_scorer.py -m "$M" --target target "$@" < pool | jq .grape.score; }
        less --dimensions 0 > exact && less --dimensions 65536 > projected && less -m "$M" --weight 1 --weight 3 > mixed
        paste exact projected mixed
        """)
      let rows = outcome.output.split(separator: "\n").map { line in
        line.split(separator: "\t").compactMap { Double($0) }
      }
      try #require(rows.count == 8 && rows.allSatisfy { $0.count == 3 }, "\(outcome.errors)")
      #expect(rows[0].allSatisfy { abs($0 - 1) < 1e-6 })
      #expect(
        rows.dropFirst().allSatisfy { $0[0] < 0.999 && abs($0[0] - $0[1]) < 0.05 && abs($0[0] - $0[2]) < 0.1 }
      )
      #expect(Set(rows.map { $0[0] }).count == 8)
    }

    /// It keeps records back until it knows all of them, and nothing else is worth a warning.
    @Test func s2lKeepsTheContract() throws {
      let outcome = try run("check.sh Examples/scorers/s2l_scorer.py --of id")
      let others = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("ok ") }
      #expect(others.count == 1 && others.first?.hasPrefix("warning  pause") == true, "\(outcome.output)")
    }

    /// Against Algorithm 1 of the paper for every budget, on clusters that nobody could mistake.
    @Test func s2lChoosesEvenlyForEveryBudget() throws {
      let outcome = try run(
        """
        jq -nc 'range(19) as $i | {id: $i, grape: {group: "\\($i)", losses:
          ([[9, 9], [5, 1], [1, 0.5], [3, 3]][if $i < 1 then 0 elif $i < 4 then 1 elif $i < 11 then 2 else 3 end]
            | map(. + $i / 1000))}}' > losses
        Examples/scorers/s2l_scorer.py --clusters 4 losses > scored || exit
        for budget in $(seq 19); do
          grape-pick --all --limit $budget --keep scored | jq -c .grape.metrics.cluster | tr '\\n' ' '
          echo
        done
        """)
      let sizes = [1, 3, 7, 8]
      let lines = outcome.output.split(separator: "\n")
      try #require(lines.count == 19, "\(outcome.errors)")
      for (budget, line) in zip(1..., lines) {
        var left = budget
        let expected = sizes.enumerated().map { index, size in
          let part = min(size, left / (sizes.count - index))
          left -= part
          return part
        }
        let chosen = line.split(separator: " ").compactMap { Int($0) }
        #expect((1...4).map { cluster in chosen.count { $0 == cluster } } == expected, "budget \(budget)")
      }
    }

    @Test func s2lNeedsTrajectoriesOfOneLength() throws {
      let outcome = try run(
        """
        printf '%s\\n' '{"grape":{"losses":[1,2]}}' '{"grape":{"losses":[1]}}' '{"grape":{"losses":[1,"2"]}}' \
          '{"grape":{"losses":[]}}' '{"grape":{}}' '{"grape":{"losses":[3,4],"metrics":{"reward":5}}}' |
          Examples/scorers/s2l_scorer.py |
          jq -c '[.grape.losses[0], .grape.metrics.reward, (.grape.metrics.cluster | type)]'
        """)
      #expect(outcome.output == #"[1,null,"number"]\#n[3,5,"number"]\#n"#)
      #expect(outcome.errors.contains("<stdin>:2: 1 losses, and the records before have 2"))
      #expect(outcome.errors.split(separator: "\n").count == 4)
    }

    @Test(arguments: [
      #"{"response":"a" "grape":{}}"#, #"{"response":"a",}"#, #"{"response":"a","b":NaN}"#,
      #"{"response":"a","grape":{"b":-Infinity}}"#, #"{"response":"a"}}"#, #"{"response":"a","b":01}"#,
      #"{"response":"a","grape":{"b":"\ud83c"}}"#, #"{"response":"a","grape":{"b":1e999}}"#,
      #"{"response":"\ud83c"}"#, #"{"response":"a","b":"\u00"}"#, "{\"response\":\"\t\"}",
    ])
    func badRecordsAreReportedNotPassedOn(record: String) throws {
      let outcome = try run(
        "printf '%s\\n' '\(record)' | Examples/scorers/command_scorer.py --of response sh -c 'sed s/.*/1/'")
      #expect(outcome.output.isEmpty && outcome.status == 1)
      #expect(outcome.errors.hasPrefix("command_scorer.py: <stdin>:1: "), "\(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    /// Against the definition of interpolated Witten-Bell probabilities, written out
    /// for a corpus of two texts.
    @Test func ngramProbabilities() throws {
      let outcome = try run(
        """
        record() { printf '{"grape":{"tokens":[%s],"spans":[[%s]]}}\n' "$1" "$2"; }
        { record 1,2,1,3 0,4; record 1,2 0,2; } > corpus
        { record 1,2 0,2; record 2,3 1,2; record 9,7,1 1,3; } |
          Examples/scorers/ngram_scorer.py --order 2 --fit corpus --arpa model --per-token | jq -c .grape.logprobs[]
        tail -n 3 model | head -n 1
        """)
      // Unigrams: 6 tokens of 3 kinds, over 4 words with the unknown one.
      func unigram(_ count: Double) -> Double { (count + 3 / 4.0) / (6 + 3) }
      let expected = [
        (2 + 2 * unigram(2)) / (3 + 2),  // 1 2: of 3 followers of 1, of 2 kinds
        (0 + 1 * unigram(1)) / (1 + 1),  // 2 3: one follower of 2
        unigram(0),  // 9 7: neither is known
        unigram(3),  // 7 1: back to unigrams
      ]
      let lines = outcome.output.split(separator: "\n")
      try #require(lines.count == 5, "\(outcome.errors)")
      for (line, probability) in zip(lines, expected) {
        #expect(abs((Double(line) ?? 0) - log(probability)) < 1e-12)
      }
      #expect(lines[4].hasSuffix("\t2 1"), "the last bigram of the corpus, in order of ids")
    }

    @Test func similarityOfWords() throws {
      let outcome = try run(
        """
        record() { printf '{"response":"%s"}\n' "$1"; }
        { record 'red apple'; record 'green pear'; } > target
        { record 'Red, apple!'; record 'a red car'; record 'nothing else'; } |
          Examples/scorers/similarity_scorer.py --target target | jq -c .grape.score
        """)
      let scores = outcome.output.split(separator: "\n").compactMap { Double($0) }
      try #require(scores.count == 3, "\(outcome.errors)")
      #expect(abs(scores[0] - 1) < 1e-12)
      // Of a, red, car only red is known to the target set, where it is in one text of two.
      let (known, unknown) = (log(3.0 / 2) + 1, log(3.0) + 1)
      let cosine = known * known / (sqrt(2 * known * known) * sqrt(known * known + 2 * unknown * unknown))
      #expect(abs(scores[1] - cosine) < 1e-12)
      #expect(scores[2] == 0)
    }

    @Test func responsesAreFoundInEveryShape() throws {
      let outcome = try run(
        """
        grape-tokenize -m "$M" Examples/candidates.jsonl 2> bad > all.jsonl
        Examples/scorers/similarity_scorer.py --target all.jsonl all.jsonl |
          jq -c 'select(.grape.score < 0.999)'
        """)
      #expect(outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.output)\(outcome.errors)")
    }

    @Test func commandsMayFail() throws {
      for (command, status, message) in [
        ("sh -c 'cat >/dev/null; echo 1'", 2, "lines fewer than it got"),
        ("sh -c 'echo 1; echo 2; cat'", 2, "sh"),
        ("sh -c 'sed s/.*/nan/'", 1, "the score is nan"),
        ("sh -c 'sed s/.*/good/'", 1, "expected a number from sh, found 'good'"),
        ("sh -c 'sed s/.*/1/; exit 4'", 2, "sh: exit status 4"),
        ("no-such-program", 2, "cannot run no-such-program"),
      ] {
        let outcome = try run(
          "Examples/scorers/command_scorer.py --of grape.tokenizer \(command) < tokens.jsonl")
        #expect(outcome.status == status, "\(command): \(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(command): \(outcome.errors)")
      }
    }

    @Test func serversOfAllKindsGiveTheSameScores() throws {
      let outcome = try withServer(
        "vllm 3",
        """
        for dialect in vllm sglang echo llama-server; do
          Examples/scorers/completions_scorer.py --url $url --dialect $dialect tokens.jsonl > $dialect || exit
        done
        jq -c '[.id, .source, .grape.score, .grape.logprob, .grape.count]' vllm > expected
        for dialect in sglang echo llama-server; do
          jq -c '[.id, .source, .grape.score, .grape.logprob, .grape.count]' $dialect | cmp - expected || exit
        done
        jq -c '.grape.tokens[.grape.spans[0][0] - 1:.grape.spans[0][1]]
          | [range(1; length) as $i | -0.5 - ((31 * .[$i - 1] + 17 * .[$i]) % 97) / 16] | add / length' \\
          tokens.jsonl > computed
        jq .grape.score vllm | paste - computed | awk '{ d = $1 - $2; if (d * d > 1e-20) bad++ } END { print NR, bad + 0 }'
        """)
      #expect(outcome.output == "24 0\n")
      #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(arguments: ["vllm", "sglang", "llamacpp", "somebody"])
    func clientOfAServerKeepsTheContract(owner: String) throws {
      let check = owner == "vllm" ? "check.sh -s" : "timed"
      let outcome = try withServer(
        owner,
        """
        timed() { "$@" < tokens.jsonl | wc -l | tr -d ' '; }
        \(check) Examples/scorers/completions_scorer.py --url $url/v1/
        """)
      let expected: (Substring) -> Bool = owner == "vllm" ? { $0.hasPrefix("ok ") } : { $0 == "24" }
      #expect(Lines(outcome.output).all(expected), "\(outcome.output)\(outcome.errors)")
    }

    @Test func whatAServerRefusesIsABadRecord() throws {
      let outcome = try withServer(
        "vllm",
        """
        jq -c '., (.grape.tokens += [range(1000)])' tokens.jsonl |
          Examples/scorers/completions_scorer.py --url $url > scored
        echo $? $(wc -l < scored)
        Examples/scorers/completions_scorer.py --url $url/elsewhere < tokens.jsonl
        echo $?
        """)
      #expect(outcome.output == "1 24\n2\n")
      #expect(outcome.errors.contains("<stdin>:2: ") && outcome.errors.contains("maximum context length"))
    }
  }
}

/// Runs a script in a folder with `Examples/`, the first candidates and their tokens; `M` names a tiny model.
private func run(_ script: String) throws -> Outcome {
  let preparation = """
    cp -R "$ROOT/Examples" Examples && head -n 8 Examples/candidates.jsonl > candidates.jsonl &&
    head -n 24 Examples/candidates.jsonl | grape-tokenize -m "$M" > tokens.jsonl || exit
    PATH=$PATH:$PWD/Examples/scorers

    """
  let variables = ["M": Repository.fixtures + "/models/smollm-2", "ROOT": Repository.root]
  return try Shell.run(preparation + script, in: TemporaryFolder(), environment: variables)
}

/// Runs a script beside a server that knows how `completions_scorer.py` asks; `url` is its address.
private func withServer(_ arguments: String, _ script: String) throws -> Outcome {
  try run(
    """
    python3 "$FIXTURES/completions_server.py" port \(arguments) &
    server=$!
    trap 'kill $server' EXIT
    while [ ! -s port ]; do kill -0 $server || exit; sleep 0.1; done
    url=http://127.0.0.1:$(cat port)
    \(script)
    """)
}

/// The lines of an output, of which there is at least one.
private struct Lines {
  private let lines: [Substring]

  init(_ text: String) { lines = text.split(separator: "\n") }

  func all(_ condition: (Substring) -> Bool) -> Bool { !lines.isEmpty && lines.allSatisfy(condition) }
}
