import Checkpoints
import Commands
import Inference
import Records
import Streams

@main
enum GrapeScore {
  static func main() {}
}
