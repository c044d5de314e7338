extension SettingDefinition {
    /// Every live setting, in the order in which they are shown.
    package static let all: [SettingDefinition] = [
        SettingDefinition(
            name: .prompt, type: .prompt, defaultValue: .prompt(Prompt("")), unit: "",
            help: "What the picture is to look like", isContinuous: true),
        SettingDefinition(
            name: .strength, type: .number(0...1), defaultValue: .number(0.5), unit: "",
            help: "How far to go from the source; 0 is the source itself", isContinuous: true),
        // Up to 2^53 − 1, so that every JSON reader carries it exactly.
        SettingDefinition(
            name: .seed, type: .integer(0...9_007_199_254_740_991), defaultValue: .integer(1), unit: "",
            help: "The noise to start from, as torch's CPU generator draws it", isContinuous: false),
        SettingDefinition(
            name: .blend, type: .number(0...1), defaultValue: .number(0), unit: "",
            help: "Share of the source mixed into the restyled picture; 1 shows the source alone", isContinuous: true),
        SettingDefinition(
            name: .steps, type: .integer(1...4), defaultValue: .integer(1), unit: "steps",
            help: "Denoising steps a frame; each costs one more pass through the UNet", isContinuous: false),
        SettingDefinition(
            name: .frameRate, type: .frameRate, defaultValue: .frameRate(.source), unit: "frames/s",
            help: "Frame rate of the outputs", isContinuous: false),
        SettingDefinition(
            name: .passthrough, type: .boolean, defaultValue: .boolean(false), unit: "",
            help: "Send the source on as it is; the model rests", isContinuous: false),
        SettingDefinition(
            name: .paused, type: .boolean, defaultValue: .boolean(false), unit: "",
            help: "Hold the last picture; the source's frames are dropped", isContinuous: false),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    package static subscript(name: SettingName) -> SettingDefinition {
        guard let definition = byName[name] else {
            preconditionFailure("the schema has no line for \(name.rawValue)")
        }
        return definition
    }

    /// The definition of a key that a user wrote; an unknown one is an error that offers the nearest.
    package static func named(_ key: String) throws(SettingsError) -> SettingDefinition {
        guard let name = SettingName(rawValue: key) else {
            throw SettingsError(.unknownKey, unknownKey(key, known: SettingName.allCases.map(\.rawValue)))
        }
        return self[name]
    }
}
