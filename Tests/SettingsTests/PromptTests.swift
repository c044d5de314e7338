import Settings
import Testing

@Suite struct PromptTests {
    @Test(arguments: [
        "", "watercolor painting", "a: b, c", "\"quoted\" words", "say \"hi\": then leave", "naïve café — 雪",
        "line one\nline two", "50%: half",
    ])
    func plainTextStaysAsItIs(text: String) throws {
        let prompt = try Prompt(parsing: text)
        #expect(prompt.parts == [.init(text: text, weight: 1)])
        #expect(try Prompt(parsing: prompt.description) == prompt)
    }

    @Test func weightedTexts() throws {
        let prompt = try Prompt(parsing: #" "oil painting":0.7,  "snow" : .3 , "a \"b\" \\ c":0"#)
        #expect(
            prompt.parts == [
                .init(text: "oil painting", weight: 0.7), .init(text: "snow", weight: 0.3),
                .init(text: #"a "b" \ c"#, weight: 0),
            ])
        #expect(try Prompt(parsing: prompt.description) == prompt)
    }

    @Test func weightsAreShares() throws {
        let prompt = try Prompt(parsing: #""a":3, "b":1, "c":0"#)
        #expect(prompt.normalizedParts == [.init(text: "a", weight: 0.75), .init(text: "b", weight: 0.25)])
    }

    @Test func oneTextThatLooksLikeAListIsWrittenAsOne() throws {
        let prompt = Prompt(#""a":1"#)
        #expect(try Prompt(parsing: prompt.description) == prompt)
    }

    @Test(arguments: [
        (#""a":0.5, "b""#, "a colon and a weight are missing"),
        (#""a":x"#, "the weight of \"a\" is \"x\""),
        (#""a":-1"#, "from 0 to 1000"),
        (#""a":nan"#, "from 0 to 1000"),
        (#""a":1e999"#, "from 0 to 1000"),
        (#""a":0, "b":0"#, "only weights of 0"),
        (#""a":1, b"#, "in double quotes at \"b\""),
        (#""a":1,"#, "in double quotes at the end"),
        (#""a":1, "b"#, "is not closed"),
        ("nul\u{0}", "control character U+0"),
        (Array(repeating: #""a":1"#, count: 9).joined(separator: ","), "at most 8"),
        (String(repeating: "x", count: 10_001), "at most 10000"),
    ])
    func slipsAreErrors(text: String, part: String) {
        let error = #expect(throws: SettingsError.self) { try Prompt(parsing: text) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("prompt") == true)
    }

    @Test(arguments: [
        ("a (red:1.3) castle", "\"oil painting\":0.7"), ("(a, b : .5), c", "(a, b : .5)"), ("one BREAK two", "BREAK"),
        ("ink <lora:ink v2:0.8>", "--lora ink v2.safetensors:0.8"), ("<LoRA:x>", "--lora x.safetensors or"),
        ("embedding:sun, sky", "--embedding sun.safetensors"),
    ])
    func syntaxOfOtherProgramsIsTold(_ text: String, _ words: String) {
        let sentences = Prompt.syntaxNotRead(in: text)
        #expect(sentences.count == 1 && sentences[0].contains(words), "\(sentences)")
    }

    @Test(arguments: ["a castle (ruined), at 12:30", "break of day", "<ink> and [brackets]", "ratio 16:9", "breAK"])
    func plainTextIsNotTakenForIt(_ text: String) { #expect(Prompt.syntaxNotRead(in: text).isEmpty) }
}
