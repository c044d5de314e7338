import ArgumentParser
import Basics
import Foundation
import Media
import Pipeline
import Settings
import Weights

/// How long units are, as options say it.
struct UnitLength {
    var length = ClipPlan.Length.seconds(Rational(60))

    init(time: String? = nil, count: Int? = nil) throws {
        if let count {
            guard count > 0 else { throw UsageError("--units takes a number above 0") }
            length = .count(count)
        } else if let time {
            guard let duration = TimeOption(argument: time), duration.duration > .zero else {
                throw UsageError("--unit \"\(time)\" is not a length of time; write 60s or 5min")
            }
            length = .seconds(duration.rational)
        }
    }
}

/// A clip that is worked on in units: its folder, its plan, and the options of `run` it was planned with.
struct ClipJob {
    let folder: JobFolder
    let manifest: JobManifest
    let clip: ClipOptions

    /// The folder that belongs to an output.
    static func folder(for output: String) -> JobFolder { JobFolder(output + ".job") }

    /// A job that was planned; the process goes to the folder where that was.
    init(_ folder: JobFolder) throws {
        let path = URL(fileURLWithPath: folder.path).path
        let manifest = try folder.manifest()
        guard FileManager.default.changeCurrentDirectoryPath(manifest.folder) else {
            throw JobError(
                .unreadable,
                "\(folder.path) was planned in \(manifest.folder), which is not there; all machines need the same paths"
            )
        }
        try self.init(JobFolder(path), manifest)
        guard manifest.version == Restyled.version else {
            throw JobError(
                .differs,
                "\(folder.path) was planned by version \(manifest.version) of this program, and this is "
                    + "\(Restyled.version); use the same version everywhere, or plan again")
        }
        let input = try InputIdentity(try clip.media.input)
        guard input == manifest.input else {
            throw JobError(
                .differs,
                "-i \(try clip.media.input) is not the file any more that \(folder.path) was planned for; plan again")
        }
    }

    private init(_ folder: JobFolder, _ manifest: JobManifest) throws {
        (self.folder, self.manifest) = (folder, manifest)
        do { clip = try ClipOptions.parse(manifest.arguments) } catch {
            throw JobError(
                .damaged, "job.json has options that `run` does not take: \(ClipOptions.message(for: error))")
        }
    }

    /// Reads the input's packets, and makes the folder.
    init(planning clip: ClipOptions, arguments: [String], length: UnitLength) throws {
        let (input, output) = try (clip.media.input, clip.media.output)
        let identity = try InputIdentity(input)
        var options = clip.media.sourceOptions
        (options.passesStreams, options.decodesVideo) = (false, false)
        let source = try VideoSource(input, options)
        try VideoSink.check(output, from: source.info, clip.media.sinkOptions)
        let plan = try ClipPlan(source, length: length.length)
        let manifest = JobManifest(
            version: Restyled.version, folder: FileManager.default.currentDirectoryPath,
            arguments: CommandOptions(arguments).arguments, input: identity, plan: plan)
        let folder = Self.folder(for: output)
        try folder.make(manifest)
        try self.init(folder, manifest)
    }

    /// The source as units see it.
    func source(_ unit: ClipPlan.Unit) throws -> VideoSource {
        var options = clip.media.sourceOptions
        options.passesStreams = false
        options.span = FrameSpan(
            from: unit.from.seconds(in: manifest.plan.timeBase),
            to: unit.to.map { $0.seconds(in: manifest.plan.timeBase) })
        return try VideoSource(try clip.media.input, options)
    }

    /// The source's other streams.
    func packets() throws -> VideoSource {
        var options = clip.media.sourceOptions
        options.decodesVideo = false
        return try VideoSource(try clip.media.input, options)
    }
}

/// A command's options, apart from those that decide only how it is carried out, for comparing one command to another.
struct CommandOptions: Equatable {
    private(set) var arguments: [String] = []
    private var values: [String: [String]] = [:]

    private static let flags: Set = ["-y", "--resume", "--fresh"]
    private static let carryingOut = flags.union(["--progress", "--unit", "--units", "--threads"])

    init(_ given: [String]) {
        var rest = given[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let isAssigned = word.hasPrefix("--") && parts.count == 2
            let name = isAssigned ? parts[0] : word
            var value = isAssigned ? [parts[1]] : []
            if !isAssigned, !Self.flags.contains(name), let next = rest.first, !next.hasPrefix("-") || next == "-" {
                value.append(next)
                rest.removeFirst()
            }
            if Self.carryingOut.contains(name) { continue }
            arguments += [name] + value
            values[name, default: []] += value.isEmpty ? [""] : value
        }
    }

    /// The first option that is not the same in the other.
    func difference(from other: CommandOptions) -> (option: String, mine: String?, other: String?)? {
        for name in Set(values.keys).union(other.values.keys).sorted() where values[name] != other.values[name] {
            return (name, values[name]?.joined(separator: " "), other.values[name]?.joined(separator: " "))
        }
        return nil
    }
}
