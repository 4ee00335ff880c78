/// Runs a template's statements. One rendering each.
final class JinjaInterpreter {
  /// What has been written so far, and where the assistant's parts are by `{% generation %}`.
  private(set) var output = JinjaText()
  private(set) var generations: [Range<Int>] = []

  private let names: [String]
  private let globals: [String: JinjaValue]
  private(set) var scope = JinjaScope(parent: nil)
  private var steps = 0
  private var depth = 0
  private var levels = 0
  /// Blocks whose text is collected for something else are not the rendered text.
  private var isCollecting = false

  /// What comes after a statement.
  private enum Flow { case next, `break`, `continue` }

  /// - Parameters:
  ///   - names: the names of variables by their numbers.
  ///   - globals: values of variables that the template does not set itself.
  init(names: [String], globals: [String: JinjaValue]) {
    self.names = names
    self.globals = globals
  }

  func run(_ statements: [JinjaStatement]) throws(JinjaError) { _ = try execute(statements) }

  /// Counts a step.
  func step(_ count: Int = 1) throws(JinjaError) {
    steps += count
    guard steps <= JinjaLimits.steps else { throw JinjaError("the template runs too long") }
  }

  /// Counts the steps of going through a value: those of long strings and lists are not one step's work.
  func charge(_ value: JinjaValue) throws(JinjaError) {
    switch value {
    case .text(let text): try step(text.bytes.count / 64)
    case .list(let list): try step(list.items.count / 16)
    case .dictionary(let dictionary): try step(dictionary.count / 16)
    default: break
    }
  }

  /// Runs `body` one level deeper.
  func deeper<Result>(_ body: () throws(JinjaError) -> Result) throws(JinjaError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= JinjaLimits.depth else { throw JinjaError("macros or loops within each other too deeply") }
    return try body()
  }

  /// Enters an expression or a list of statements; `leave` follows, whatever happens.
  func enter() throws(JinjaError) {
    levels += 1
    guard levels <= JinjaLimits.levels else { throw JinjaError("expressions within each other too deeply") }
  }

  func leave() { levels -= 1 }

  /// The value of a variable.
  func variable(_ number: Int) -> JinjaValue {
    let name = names[number]
    if let value = scope.value(number) ?? globals[name] { return value }
    if let function = JinjaFunctions.all[name] { return .function(JinjaFunction(name, function)) }
    return .undefined("'\(name)' is undefined")
  }

  // MARK: Scopes and texts

  /// Runs `body` in a scope of its own within `parent`, or within the present one.
  func scoped<Result>(
    in parent: JinjaScope? = nil, _ body: () throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    let outer = scope
    scope = JinjaScope(parent: parent ?? outer)
    defer { scope = outer }
    return try body()
  }

  /// The text that statements write, which is not written.
  func text(of statements: [JinjaStatement]) throws(JinjaError) -> JinjaText {
    let outer = output
    let wasCollecting = isCollecting
    output = JinjaText()
    isCollecting = true
    defer {
      output = outer
      isCollecting = wasCollecting
    }
    _ = try execute(statements)
    return output
  }

  private func write(_ text: JinjaText) throws(JinjaError) {
    output.append(text)
    guard output.bytes.count <= JinjaLimits.size else { throw JinjaError("the text grows too long") }
  }

  // MARK: Statements

  private func execute(_ statements: [JinjaStatement]) throws(JinjaError) -> Flow {
    defer { leave() }
    try enter()
    for statement in statements {
      let flow: Flow
      do throws(JinjaError) {
        try step()
        flow = try execute(statement.kind)
      } catch {
        throw error.on(line: statement.line)
      }
      if flow != .next { return flow }
    }
    return .next
  }

  private func execute(_ statement: JinjaStatement.Kind) throws(JinjaError) -> Flow {
    switch statement {
    case .text(let text): try write(JinjaText(text))
    case .print(let expression): try write(try value(expression).printed())
    case .if(let branches, let otherwise):
      for branch in branches where try value(branch.condition).isTrue { return try execute(branch.body) }
      return try execute(otherwise)
    case .for(let loop): try run(loop, over: try value(loop.sequence), depth: 0)
    case .break: return .break
    case .continue: return .continue
    case .set(let target, let expression): try assign(try value(expression), to: target)
    case .setBlock(let target, let filters, let body):
      let text = try scoped { () throws(JinjaError) in try self.text(of: body) }
      try assign(try filtered(text, filters), to: target)
    case .macro(let name, let macro): scope.set(name, .function(function(macro)))
    case .call(let call, let macro): try write(try value(call, caller: function(macro)).printed())
    case .filter(let filters, let body):
      let text = try scoped { () throws(JinjaError) in try self.text(of: body) }
      try write(try filtered(text, filters).printed())
    case .with(let assignments, let body):
      var values: [JinjaValue] = []
      for assignment in assignments { values.append(try value(assignment.value)) }
      return try scoped { () throws(JinjaError) in
        for (assignment, value) in zip(assignments, values) { try assign(value, to: assignment.target) }
        return try execute(body)
      }
    case .generation(let body):
      let start = output.bytes.count
      let flow = try scoped { () throws(JinjaError) in try execute(body) }
      if !isCollecting { generations.append(start..<output.bytes.count) }
      return flow
    }
    return .next
  }

  private func filtered(
    _ text: JinjaText, _ filters: [(name: String, arguments: JinjaExpression.Arguments)]
  ) throws(JinjaError) -> JinjaValue {
    var value = JinjaValue.text(text)
    for filter in filters { value = try apply(filter.name, to: value, try arguments(filter.arguments)) }
    return value
  }

  private func run(_ loop: JinjaStatement.Loop, over sequence: JinjaValue, depth: Int) throws(JinjaError) {
    var items = try sequence.elements()
    if let condition = loop.condition {
      var kept: [JinjaValue] = []
      for item in items {
        try step()
        let isKept = try scoped { () throws(JinjaError) in
          try assign(item, to: loop.target)
          return try value(condition).isTrue
        }
        if isKept { kept.append(item) }
      }
      items = kept
    }
    guard !items.isEmpty else {
      _ = try scoped { () throws(JinjaError) in try execute(loop.otherwise) }
      return
    }
    try deeper { () throws(JinjaError) in
      let recurse: ((JinjaValue) throws(JinjaError) -> JinjaValue)? =
        loop.isRecursive
        ? { [unowned self, scope] inner throws(JinjaError) in try text(of: loop, inner, depth + 1, scope) }
        : nil
      let state = JinjaLoop(items, depth: depth, recurse: recurse)
      for (index, item) in items.enumerated() {
        try step()
        state.index = index
        let flow = try scoped { () throws(JinjaError) in
          if let number = loopNumber { scope.set(number, .loop(state)) }
          try assign(item, to: loop.target)
          return try execute(loop.body)
        }
        if flow == .break { break }
      }
    }
  }

  private lazy var loopNumber = names.firstIndex(of: "loop")

  /// What a recursive loop's body writes for other items.
  private func text(
    of loop: JinjaStatement.Loop, _ items: JinjaValue, _ depth: Int, _ outer: JinjaScope
  ) throws(JinjaError) -> JinjaValue {
    let written = output
    output = JinjaText()
    defer { output = written }
    try scoped(in: outer) { () throws(JinjaError) in try run(loop, over: items, depth: depth) }
    return .text(output)
  }

  private func assign(_ value: JinjaValue, to target: JinjaTarget) throws(JinjaError) {
    switch target {
    case .name(let name): scope.set(name, value)
    case .attribute(let name, let attribute):
      guard case .namespace(let namespace) = variable(name) else {
        throw JinjaError("'\(names[name])' is no namespace, whose attributes could be set")
      }
      namespace.attributes[attribute] = value
    case .tuple(let targets):
      let items = try value.elements()
      guard items.count == targets.count else {
        throw JinjaError("\(items.count) values for \(targets.count) names")
      }
      for (target, item) in zip(targets, items) { try assign(item, to: target) }
    }
  }

  // MARK: Macros

  /// A macro as a function that knows the variables where it was made.
  private func function(_ macro: JinjaStatement.Macro) -> JinjaFunction {
    let home = scope
    return JinjaFunction(macro.name) { interpreter, arguments throws(JinjaError) in
      try interpreter.deeper { () throws(JinjaError) in
        try interpreter.scoped(in: home) { () throws(JinjaError) in
          try interpreter.bind(arguments, to: macro)
          return .text(try interpreter.text(of: macro.body))
        }
      }
    }
  }

  /// Gives a macro's parameters their values, and `varargs`, `kwargs` and `caller` theirs.
  private func bind(_ arguments: JinjaArguments, to macro: JinjaStatement.Macro) throws(JinjaError) {
    var rest = arguments.named
    for (index, parameter) in macro.parameters.enumerated() {
      if index < arguments.positional.count {
        scope.set(parameter.name, arguments.positional[index])
      } else if let place = rest.lastIndex(where: { $0.name == parameter.label }) {
        scope.set(parameter.name, rest.remove(at: place).value)
      } else if let standard = parameter.standard {
        scope.set(parameter.name, try value(standard))
      } else {
        scope.set(parameter.name, .undefined("the argument '\(parameter.label)' was not given"))
      }
    }
    let more = JinjaDictionary()
    for (name, value) in rest where name != "caller" { more.set(name, value) }
    let own: [JinjaValue] = [
      .list(Array(arguments.positional.dropFirst(macro.parameters.count)), isTuple: true), .dictionary(more),
      rest.last { $0.name == "caller" }?.value ?? .undefined("there is no caller"),
    ]
    for (number, value) in zip(ownNumbers, own) {
      if let number { scope.set(number, value) }
    }
  }

  private lazy var ownNumbers = ["varargs", "kwargs", "caller"].map { names.firstIndex(of: $0) }
}
