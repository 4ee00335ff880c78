import Records
import Testing

@Suite struct FractionTests {
  @Test(arguments: ["1", "1.0", "0.25", ".5", "1.", "0.000000000000001", "01"])
  func accepts(_ text: String) { #expect(Fraction(text) != nil) }

  @Test(arguments: [
    "", ".", "0", "0.0", "1.1", "2", "-0.5", "+.5", "1e-1", "0.0000000000000001", "0,5", "½", "nan", "50%",
    "99999999999999999999", "0.5.5",
  ])
  func refuses(_ text: String) { #expect(Fraction(text) == nil) }

  @Test func partsAreExact() throws {
    // Neither 0.07 × 100 nor 0.29 × 100 is whole in doubles.
    for (text, hundredths) in [("0.07", 7), ("0.29", 29), ("0.1", 10), ("1", 100), (".333", 33)] {
      let fraction = try #require(Fraction(text))
      #expect(fraction.floor(of: 100) == hundredths)
      #expect(fraction.ceiling(of: 100) == (text == ".333" ? 34 : hundredths))
    }
    #expect(try #require(Fraction("0.1")).ceiling(of: 30) == 3)
    #expect(try #require(Fraction("1")).ceiling(of: .max) == .max)
    #expect(try #require(Fraction("0.000000000000001")).ceiling(of: 1) == 1)
    #expect(try #require(Fraction("0.3")).floor(of: 0) == 0)
  }

  @Test func fractionsCompareByTheirValues() throws {
    #expect(try #require(Fraction("0.5")) == #require(Fraction(".500")))
    #expect(try #require(Fraction("0.09")) < #require(Fraction("0.1")))
  }
}
