import Settings
import Testing

@Suite struct FrameRateTests {
    @Test(arguments: [
        ("source", "source"), ("30", "30"), ("30000/1001", "30000/1001"), ("29.97", "30000/1001"),
        ("23.976", "24000/1001"), ("59.94", "60000/1001"), ("29.9", "299/10"), ("60/2", "30"),
        ("0.5", "1/2"), ("1000", "1000"), (" 25 ", "25"),
    ])
    func reads(text: String, written: String) throws {
        let rate = try #require(FrameRate(parsing: text))
        #expect(rate.description == written)
        #expect(FrameRate(parsing: written) == rate)
    }

    @Test(arguments: [
        "", "0", "-1", "1001", "1/0", "0/1", "abc", "1e3", "30/", "/1", "30.", ".5", "1/2/3", "99999999999", "١٢",
        "0.0",
    ])
    func refuses(text: String) { #expect(FrameRate(parsing: text) == nil) }
}
