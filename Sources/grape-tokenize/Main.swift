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
      let pipeline = RecordPipeline(filter, threads: threads) {
        if settings.action == .decode { return RecordDecoder(tokenizer) }
        return RecordTokenizer(settings, template, context, tokenizer)
      }
      var remaining = settings.shownCount ?? .max
      try filter.records(pause: pipeline.finish) { line in
        try pipeline.append(line.held())
        remaining -= 1
        if remaining == 0 { filter.stop() }
      }
      try pipeline.finish()
      // Before the tokenizer goes, which takes longer than writing.
      try filter.output.flush()
    }
  }
}
