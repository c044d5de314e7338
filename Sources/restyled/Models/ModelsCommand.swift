import ArgumentParser

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models", abstract: "Look at models, and download them.",
        subcommands: [ModelsListCommand.self, ModelsPullCommand.self, ModelsShowCommand.self])
}
