import Checkpoints
import Commands
import Streams
import Tokenization

@main
enum Main {
  static let program = Program(
    name: "grape-tokenize",
    summary: "Turn the instruction and response of each record into tokens",
    options: Settings.options + [.threads])

  static func main() {
    Filter.main(program, endsGently: true) { filter in
      let settings = try Settings(filter.arguments)
      let threads = try filter.arguments.int("threads", in: 1...1024) ?? Workers.available
      let location = try ModelLocation.resolve(settings.model)
      let template = try settings.template.template(for: location)
      let tokenizer = try Tokenizer.open(location)
      if settings.includesEnd, !template.isComplete, tokenizer.end == nil {
        throw UsageError("option '--score-end': the model has no end token")
      }
      let context = try settings.contextPath.map { try Context(path: $0, template, tokenizer) }
      if settings.action == .decode {
        try run(filter, threads: threads) { RecordDecoder(tokenizer) }
      } else {
        try run(filter, threads: threads, limit: settings.shownCount ?? .max) {
          RecordTokenizer(settings, template, context, tokenizer)
        }
      }
    }
  }

  /// Does a task with the records, at most `limit` of them.
  private static func run<Task: RecordTask & ~Copyable>(
    _ filter: Filter, threads: Int, limit: Int = .max, task: () -> Task
  ) throws {
    let workers = Workers(threads: threads)
    if workers.count == 1 {
      try send(to: SerialPipeline(filter, task()), filter, limit: limit)
    } else {
      try send(to: ParallelPipeline(filter, workers, task: task), filter, limit: limit)
    }
  }

  private static func send(to pipeline: some RecordPipeline, _ filter: Filter, limit: Int) throws {
    var remaining = limit
    try filter.records(pause: pipeline.finish) { line in
      remaining -= 1
      if remaining == 0 { filter.stop() }
      try pipeline.append(line)
    }
    try pipeline.finish()
    // Before the tokenizer goes, which takes longer than writing.
    try filter.output.flush()
  }
}
