import ArgumentParser

/// Motion, measured: what Tests/Benchmarks/motion.py calls. Pictures are raw RGB, 8 bit, one after another.
@main
struct RestyledMotion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restyled-motion",
        abstract: "Motion between restyled pictures, measured on recorded ones.",
        subcommands: [FlowCommand.self, PresentCommand.self, SteadyCommand.self, TimeCommand.self])
}

struct PictureSize: ExpressibleByArgument {
    let width: Int
    let height: Int

    init?(argument: String) {
        let parts = argument.split(separator: "x").compactMap { Int($0) }
        guard parts.count == 2, parts.allSatisfy({ $0 >= 16 }) else { return nil }
        (width, height) = (parts[0], parts[1])
    }

    var bytes: Int { width * height * 3 }
}
