import Basics
import Settings
import Testing

@Suite struct SchemaTests {
    @Test func everySettingHasOneDefinitionWithAValidDefault() throws {
        #expect(
            SettingDefinition.all.map(\.name).sorted { $0.rawValue < $1.rawValue }
                == SettingName.allCases.sorted { $0.rawValue < $1.rawValue })
        for definition in SettingDefinition.all {
            #expect(try definition.value(parsing: definition.defaultValue.text) == definition.defaultValue)
            #expect(try definition.value(definition.defaultValue.json) == definition.defaultValue)
            #expect(StreamSettings()[definition.name] == definition.defaultValue)
            #expect(!definition.help.isEmpty && !definition.help.contains("\n"))
        }
    }

    @Test(arguments: [
        ("strength=1.5", "strength is 1.5; allowed is a number from 0 to 1"),
        ("strength=nan", "strength is nan; allowed is a number from 0 to 1"),
        ("strength=", "strength is empty; allowed is a number from 0 to 1"),
        ("steps=0", "steps is 0; allowed is a whole number from 1 to 4"),
        ("steps=1.5", "steps is 1.5; allowed is a whole number from 1 to 4"),
        ("seed=-1", "seed is -1; allowed is a whole number from 0 to 9007199254740991"),
        ("paused=maybe", "paused is maybe; allowed is true or false"),
        ("frame_rate=0", "frame_rate is 0; allowed is source, or frames a second above 0 up to 1000"),
        ("strenght=1", "there is no key \"strenght\"; did you mean \"strength\"?"),
        ("x=1", "there is no key \"x\"; the keys are prompt, strength"),
        ("strength", "\"strength\" is not an assignment; write key=value"),
    ])
    func errorsNameKeyValueAndRange(assignment: String, sentence: String) {
        let error = #expect(throws: SettingsError.self) { try SettingsChange(assignments: [assignment]) }
        #expect(error?.message.hasPrefix(sentence) == true, "\(error?.message ?? "")")
    }

    @Test func assignments() throws {
        let change = try SettingsChange(assignments: [
            "strength=0.6", "prompt=neon = city", "frame_rate=30", "paused=on",
        ])
        let settings = StreamSettings().applying(change)
        #expect(settings.strength == 0.6)
        #expect(settings.prompt == Prompt("neon = city"))
        #expect(settings.frameRate == .constant(numerator: 30, denominator: 1))
        #expect(settings.paused)
        #expect(throws: SettingsError.self) { try SettingsChange(assignments: ["seed=1", "seed=2"]) }
    }

    @Test(arguments: [
        ("strength", "\"0.6\""), ("strength", "true"), ("strength", "null"), ("strength", "-0.1"), ("strength", "2"),
        ("seed", "1.0"), ("seed", "1e3"), ("prompt", "1"), ("prompt", "[\"a\"]"), ("paused", "1"),
        ("paused", "\"true\""),
        ("frame_rate", "0"), ("frame_rate", "\"fast\""), ("frame_rate", "true"), ("steps", "5"),
    ])
    func jsonTypesMustFit(key: String, json: String) throws {
        let value = try JSONValue(parsing: json)
        #expect(throws: SettingsError.self) {
            var change = SettingsChange()
            try change.set(key, to: value)
        }
    }

    @Test func jsonValues() throws {
        var change = SettingsChange()
        try change.set("strength", to: 1)
        try change.set("frame_rate", to: 29.97)
        try change.set("seed", to: 9_007_199_254_740_991)
        let settings = StreamSettings().applying(change)
        #expect(settings.strength == 1)
        #expect(settings.frameRate.description == "30000/1001")
        #expect(settings.seed == 9_007_199_254_740_991)
    }
}
