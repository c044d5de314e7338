import ArgumentParser

@main
struct Restyled: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "restyled",
        abstract: "Restyles game frames as they are played, with one step of a diffusion model.",
        discussion: "Try: restyled run -i gameplay.mp4 -o styled.mp4 --prompt \"oil painting\"",
        version: version,
        subcommands: [
            RunCommand.self, PlanCommand.self, JoinCommand.self, JobStatusCommand.self, ServeCommand.self,
            ControlCommand.self, StylesCommand.self, ModelsCommand.self, BenchCommand.self, SetupCommand.self,
            DoctorCommand.self,
        ])

    static func main() {
        ignoreBrokenPipes()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as ExitCode {
            exit(withError: error)
        } catch {
            guard let status = ExitStatus(error) else {
                let commands = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
                guard exitCode(for: error) == .validationFailure,
                    let advice = Advice.on(Array(CommandLine.arguments.dropFirst()), commands: commands)
                else { exit(withError: error) }
                Terminal().print("restyled: \(advice)")
                exit(withError: ExitCode(ExitStatus.usage.rawValue))
            }
            Terminal().print("restyled: \(error)")
            exit(withError: ExitCode(status.rawValue))
        }
    }
}
