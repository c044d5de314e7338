import ArgumentParser
import Basics
import Foundation

@main
struct Restyled: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "restyled",
        abstract: "Restyles game frames as they are played, with one step of a diffusion model.",
        discussion: """
            Try: restyled run -i gameplay.mp4 -o styled.mp4 --prompt "oil painting"

            What it ends with, when something is wrong:
            \(ExitStatus.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "\n"))
            """,
        version: version,
        subcommands: [
            RunCommand.self, ServeCommand.self, ControlCommand.self, StylesCommand.self, ModelsCommand.self,
            BenchCommand.self, SetupCommand.self, DoctorCommand.self,
        ])

    static func main() {
        ignoreBrokenPipes()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as ExitCode {
            exit(withError: error)
        } catch let error as any ErrorWithExitStatus {
            end(error.exitStatus, saying: "\(error)")
        } catch {
            switch exitCode(for: error) {
            case .success: exit(withError: error)
            case .validationFailure:
                let commands = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
                guard let advice = Advice.on(Array(CommandLine.arguments.dropFirst()), commands: commands) else {
                    exit(withError: error)
                }
                end(.usage, saying: advice)
            default:
                // Foundation's, mostly, whose own text is for programmers.
                end(ExitStatus(error), saying: error.localizedDescription)
            }
        }
    }

    private static func end(_ status: ExitStatus, saying sentence: String) -> Never {
        Terminal().print("restyled: \(sentence)")
        exit(withError: ExitCode(status))
    }
}
