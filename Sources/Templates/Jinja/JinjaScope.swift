/// Variables that are known in a part of a template, and the part around it.
final class JinjaScope {
  let parent: JinjaScope?
  private var variables: [(name: Int, value: JinjaValue)] = []

  init(parent: JinjaScope?) { self.parent = parent }

  /// The value of a variable here or further out.
  func value(_ name: Int) -> JinjaValue? {
    var scope: JinjaScope? = self
    while let here = scope {
      for variable in here.variables where variable.name == name { return variable.value }
      scope = here.parent
    }
    return nil
  }

  /// Gives a variable of this scope a value; one of the same name further out stays as it is.
  func set(_ name: Int, _ value: JinjaValue) {
    if let place = variables.firstIndex(where: { $0.name == name }) {
      variables[place].value = value
    } else {
      variables.append((name, value))
    }
  }
}
