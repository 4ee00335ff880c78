import Checkpoints
import Commands
import Inference
import Records
import Streams
import Tokenization

@main
enum Main {
  static let program = Program(
    name: "grape-score",
    summary: "Score responses by their mean log-probability under a base model",
    options: [
      Option(
        "model", "m", argument: "MODEL", section: "Model",
        help: "Folder, GGUF file, or org/name in the Hugging Face cache"),
      Option(
        "precision", argument: "MODE", choices: Precision.allCases.map(\.rawValue), section: "Model",
        help: "Arithmetic: f32, bf16 or int8 [default: bf16 where the processor multiplies it, else f32]"),
      Option(
        "refine", section: "Model",
        help: "Score in int8, and again in the --precision what might then be picked differently"),
      Option(
        "refine-margin", argument: "C", section: "Model",
        help: "Score groups again whose best response is within C / sqrt(tokens) of another [default: 0.4]"),
      Option(
        "any-tokenizer", section: "Model", help: "Take tokens that another tokenizer than the model's made"),
      Option(
        "per-token", section: "Scores",
        help: "Add the log-probability and the rank of every response token"),
      Option(
        "metric", argument: "NAME", choices: Metric.allCases.map(\.rawValue), section: "Scores",
        help: "Add a metric to grape.metrics, several with commas: "
          + Metric.allCases.map(\.rawValue).joined(separator: ", ")),
      Option(
        "resume", argument: "FILE", section: "Scores",
        help: "Write to FILE, going on behind the scores that an earlier run has left there"),
      Option("keep-tokens", section: "Scores", help: "Keep grape.tokens and grape.spans"),
      Option(
        "window", argument: "N", section: "Speed",
        help:
          "Tokens computed together; the scores do not depend on it [default: 1024, 128 a thread if that is more]"
      ),
      Option(
        "prefix-memory", argument: "SIZE", section: "Speed",
        help: "Memory for the keys and values of a beginning that records have in common, with K, M or G for "
          + "powers of 1024 [default: 256M]"),
      Option(
        "no-prefix-sharing", section: "Speed",
        help: "Compute what records have in common for each of them; the scores do not depend on it"),
      .threads,
    ])

  static func main() {
    Filter.main(program, endsGently: true) { filter in
      let arguments = filter.arguments
      guard let name = arguments.string("model") else { throw UsageError("a model is needed: -m MODEL") }
      let location = try ModelLocation.resolve(name)
      let (batch, refinement) = try models(of: location, arguments)
      var window = ScoreWindow(
        filter: filter,
        report: ScoreReport(
          isPerToken: arguments[flag: "per-token"], metrics: try Metric.list(arguments.string("metric")),
          keepsTokens: arguments[flag: "keep-tokens"],
          models: [batch.model, refinement?.model].compactMap { $0?.identity }),
        batch: batch, refinement: refinement,
        tokenizer: arguments[flag: "any-tokenizer"] ? nil : tokenizer(of: location, filter))
      filter.interruptionAdvice = "with --resume FILE a run goes on where an earlier one was cut short"
      var resumption = try arguments.outputPath("resume").map { path in
        filter.interruptionAdvice = "the same command goes on where this run ends"
        return try Resumption(path: path, separator: filter.separator)
      }
      func endResumption() throws {
        // An interruption may come before all that is there has been looked at.
        guard let done = resumption, Interruption.signal == nil else { return }
        resumption = nil
        filter.redirect(to: try done.output())
      }
      try filter.records(pause: { try window.flush() }) { line in
        if let resumption, try window.isDone(line, resumption) { return }
        try endResumption()
        try window.add(line)
      }
      try endResumption()
      try window.finish()
    }
  }

  /// The model in the mode that all records are scored in, and in the one that groups are scored in again.
  private static func models(
    of location: ModelLocation, _ arguments: Arguments
  ) throws -> (ScoringBatch, Refinement?) {
    let precision: Precision? = try arguments.choice("precision")
    let refines = arguments[flag: "refine"]
    try arguments.check("refine-margin", needs: "refine")
    guard !refines || precision != Refinement.fast else {
      throw UsageError("option '--refine' begins with \(Refinement.fast.rawValue): name another --precision")
    }
    let margin = try arguments.number("refine-margin", above: 0) ?? Refinement.defaultMargin
    let workers = Workers(threads: try arguments.int("threads", in: 1...1024) ?? Workers.available)
    let window =
      try arguments.int("window", in: 1...1 << 20) ?? LanguageModel.defaultWindow(workers: workers)
    let settings = ScoringBatch.Settings(
      size: window,
      sharesPrefixes: !arguments[flag: "no-prefix-sharing"],
      prefixMemory: try arguments.bytes("prefix-memory", least: 0) ?? 256 << 20,
      ranks: arguments[flag: "per-token"])
    let (checkpoint, kernels) = (try Checkpoint.open(location), try kernels())
    let model = try LanguageModel(
      checkpoint, precision: precision, kernels: kernels, workers: workers, window: window)
    guard refines else { return (ScoringBatch(model, settings), nil) }
    let fast = try LanguageModel(
      checkpoint, precision: Refinement.fast, kernels: kernels, workers: workers, window: window)
    return (ScoringBatch(fast, settings), Refinement(ScoringBatch(model, settings), margin: margin))
  }

  /// The model's tokenizer; nil, and a warning, when it cannot be opened.
  private static func tokenizer(of location: ModelLocation, _ filter: Filter) -> Tokenizer? {
    do {
      return try Tokenizer.open(location)
    } catch {
      filter.warn("not checking which tokenizer made the tokens: \(error)")
      return nil
    }
  }

  /// The best kernels, or those that the environment asks for, so that every variant can be tried anywhere.
  private static func kernels() throws -> Kernels {
    let name = Paths.environment("GRAPE_KERNELS")
    guard let kernels = Kernels(named: name) else {
      throw UsageError("GRAPE_KERNELS: this machine has no kernels called '\(name ?? "")'")
    }
    return kernels
  }
}
