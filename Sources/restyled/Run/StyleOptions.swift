import ArgumentParser
import Diffusion
package import Settings
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
    @Option(
        help: ArgumentHelp(stringLiteral: SettingDefinition[.strength].optionHelp),
        completion: .list(["0.3", "0.5", "0.7", "1"]))
    var strength: String?
    @Option(help: ArgumentHelp(stringLiteral: SettingDefinition[.seed].optionHelp), completion: .list(["0", "1", "2"]))
    var seed: String?
    @Option(
        help: ArgumentHelp(stringLiteral: SettingDefinition[.blend].optionHelp),
        completion: .list(["0", "0.25", "0.5"]))
    var blend: String?
    @Option(
        help: ArgumentHelp(stringLiteral: SettingDefinition[.steps].optionHelp),
        completion: .list(["1", "2", "3", "4"]))
    var steps: String?
    @Option(
        help: "A timeline: a YAML list of changes, each with the time it comes at.", completion: .scripts)
    var script: String?

    /// Whether none was given.
    var isEmpty: Bool {
        [prompt, strength, seed, blend, steps, script].allSatisfy { $0 == nil }
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
                "--prompt is missing: say what the picture is to look like, as in --prompt \"watercolor painting\"")
        }
        var change = SettingsChange()
        try change.set("prompt", parsing: style.wordings.first ?? style.style)
        settings = settings.applying(change)
        return "no --prompt, so \(model) paints its first style, \"\(style.style)\"; `restyled styles` lists the others"
    }

    var timeline: Timeline? { get throws { try script.map(Timeline.init(contentsOf:)) } }
}

extension EngineName: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}

extension FrameRate: ExpressibleByArgument {
    package init?(argument: String) { self.init(parsing: argument) }
}
