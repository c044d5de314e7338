import ArgumentParser
import Basics
import Foundation
import Media
import Pipeline

/// `restyled plan`
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Cut a clip into units that many machines restyle, each a part.",
        discussion: """
            Makes the folder OUTPUT.job and prints how many units there are. Restyle each with `restyled run --job OUTPUT.job --unit NUMBER`, \
            in any order and on any machine that has the same paths; then `restyled join OUTPUT.job` makes the film.

            restyled plan -i evening.mkv -o styled.mkv --model stabilityai/sd-turbo --prompt "oil painting"
            """)

    @OptionGroup var clip: ClipOptions
    @Option(help: ArgumentHelp("How long units are, at least. (default: 60s)", valueName: "time"))
    var unit: String?
    @Option(help: ArgumentHelp("How many units, at most.", valueName: "number"))
    var units: Int?

    func validate() throws {
        if unit != nil, units != nil {
            throw ValidationError("--unit and --units both say how to cut; give one of them.")
        }
    }

    func run() throws {
        let terminal = Terminal()
        let folder = ClipJob.folder(for: try clip.media.output)
        guard !folder.exists else {
            throw JobError(.differs, "\(folder.path) is there already; go on with it, or remove it to plan again")
        }
        let job = try ClipJob(
            planning: clip, arguments: Array(CommandLine.arguments.dropFirst(2)),
            length: UnitLength(time: unit, count: units))
        if let note = job.manifest.plan.note { terminal.print("restyled: \(note)") }
        let count = job.manifest.plan.units.count
        terminal.print("\(folder.path): \(count == 1 ? "1 unit" : "\(count) units")")
        // For scripts.
        print(count)
    }
}

/// `restyled join`
struct JoinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Make the film of a job whose units are all done.",
        discussion: "Ends with 75 and the numbers of the units that are missing, where some are.")

    @Argument(help: "The folder that `restyled plan` made.", completion: .directory)
    var folder: String
    @Flag(help: "Keep the folder.")
    var keep = false

    func run() throws {
        let job = try ClipJob(JobFolder(folder))
        try JobJoin(job, Terminal()).run()
        if !keep { job.folder.remove() }
    }
}

/// `restyled status`
struct JobStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how far a job is: units done, running and failed.")

    @Argument(help: "The folder that `restyled plan` or `restyled run --resume` made.", completion: .directory)
    var folder: String
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let status = try JobStatus(JobFolder(folder))
        print(json ? status.json.text : status.text)
    }
}
