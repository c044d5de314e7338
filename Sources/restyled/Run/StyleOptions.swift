import ArgumentParser
import Diffusion
import Settings
import Weights

/// The live settings, as options. Their types, ranges and defaults are the schema's.
struct StyleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            stringLiteral: SettingDefinition[.prompt].help
                + "; several as '\"oil painting\":0.7, \"snow\":0.3'. (default: the first style of a model that has styles)"
        ),
        completion: .styles)
    var prompt: String?
    @Option(help: .setting(.strength))
    var strength: String?
    @Option(help: .setting(.seed))
    var seed: String?
    @Option(help: .setting(.blend))
    var blend: String?
    @Option(help: .setting(.steps))
    var steps: String?
    @Option(
        help: "A timeline: a YAML list of changes, each with the time it comes at.", completion: .scripts)
    var script: String?

    /// What each option was given, by the setting that it sets.
    private var given: [(setting: SettingName, text: String?)] {
        [(.prompt, prompt), (.strength, strength), (.seed, seed), (.blend, blend), (.steps, steps)]
    }

    /// Whether none was given.
    var isEmpty: Bool { script == nil && given.allSatisfy { $0.text == nil } }

    var settings: StreamSettings {
        get throws {
            var change = SettingsChange()
            for case (let setting, let text?) in given { try change.set(setting.rawValue, parsing: text) }
            return StreamSettings().applying(change)
        }
    }

    /// Whether a prompt is still to be found: none was given, none comes from the timeline, and the model is to run.
    func needsPrompt(_ settings: StreamSettings) -> Bool {
        script == nil && settings.strength > 0
            && settings.prompt.parts.allSatisfy { $0.text.allSatisfy(\.isWhitespace) }
    }

    /// The style that a model shows where no prompt was given.
    /// - Returns: a sentence that names it, for the user.
    /// - Throws: where the model has no styles of its own.
    static func choose(for model: String, _ files: any ModelFiles, _ settings: inout StreamSettings) throws -> String {
        guard let styles = try ModelStyles(of: files), let style = styles.styles.first else {
            throw UsageError(
                "--prompt is missing: say what the picture should look like, as in --prompt \"watercolor painting\"")
        }
        var change = SettingsChange()
        try change.set("prompt", parsing: style.wordings.first ?? style.style)
        settings = settings.applying(change)
        return "no --prompt, so \(model) paints its first style, \"\(style.style)\"; `restyled styles` lists the others"
    }

    var timeline: Timeline? { get throws { try script.map(Timeline.init(contentsOf:)) } }
}

extension ArgumentHelp {
    /// The schema's: what it is for, what is allowed, and the default.
    fileprivate static func setting(_ name: SettingName) -> ArgumentHelp {
        ArgumentHelp(stringLiteral: SettingDefinition[name].optionHelp)
    }
}
