import ArgumentParser
package import Settings

/// The live settings, as options. Their types, ranges and defaults are the schema's.
struct StyleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            stringLiteral: SettingDefinition[.prompt].help + "; several as '\"oil painting\":0.7, \"snow\":0.3'."))
    var prompt: String = ""
    @Option(help: ArgumentHelp(stringLiteral: SettingDefinition[.strength].optionHelp))
    var strength: String?
    @Option(help: ArgumentHelp(stringLiteral: SettingDefinition[.seed].optionHelp))
    var seed: String?
    @Option(help: ArgumentHelp(stringLiteral: SettingDefinition[.blend].optionHelp))
    var blend: String?
    @Option(help: ArgumentHelp(stringLiteral: SettingDefinition[.steps].optionHelp))
    var steps: String?
    @Option(help: "A timeline: a YAML list of changes, each with the time it comes at.")
    var script: String?

    /// Whether none was given.
    var isEmpty: Bool {
        prompt.isEmpty && [strength, seed, blend, steps, script].allSatisfy { $0 == nil }
    }

    var settings: StreamSettings {
        get throws {
            var change = SettingsChange()
            let given = [
                ("prompt", prompt), ("strength", strength), ("seed", seed), ("blend", blend), ("steps", steps),
            ]
            for case (let key, let value?) in given { try change.set(key, parsing: value) }
            return StreamSettings().applying(change)
        }
    }

    var timeline: Timeline? { get throws { try script.map(Timeline.init(contentsOf:)) } }
}

extension EngineName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
