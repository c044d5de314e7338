package import Basics
import Glibc
import Media

/// What a job is: the command, the input as it was when the job was planned, and the units.
package struct JobManifest: Sendable, Equatable {
    /// Of the program; another may make other pictures.
    package var version: String
    /// Where the command was given, for the paths in it.
    package var folder: String
    /// The command's options, as `run` takes them.
    package var arguments: [String]
    package var input: InputIdentity
    package var plan: ClipPlan

    package init(version: String, folder: String, arguments: [String], input: InputIdentity, plan: ClipPlan) {
        (self.version, self.folder, self.arguments) = (version, folder, arguments)
        (self.input, self.plan) = (input, plan)
    }

    package var json: JSONValue {
        [
            "version": .string(version), "folder": .string(folder),
            "arguments": .array(arguments.map(JSONValue.string)),
            "input": ["bytes": .integer(input.bytes), "ends": .string(input.ends)],
            "time_base": [.integer(plan.timeBase.numerator), .integer(plan.timeBase.denominator)],
            "units": .array(
                plan.units.map { unit in
                    [
                        "from": .integer(unit.from), "to": unit.to.map(JSONValue.integer) ?? .null,
                        "frames": .integer(Int64(unit.frames)),
                    ]
                }),
        ]
    }

    package init(_ json: JSONValue) throws {
        func needed<Value>(_ value: Value?) throws -> Value {
            guard let value else {
                throw JobError(
                    .damaged, "job.json is not one that this program wrote; remove the folder and plan again")
            }
            return value
        }
        version = try needed(json["version"]?.string)
        folder = try needed(json["folder"]?.string)
        arguments = try needed(json["arguments"]?.array).map { try needed($0.string) }
        input = InputIdentity(
            bytes: try needed(json["input"]?["bytes"]?.integer), ends: try needed(json["input"]?["ends"]?.string))
        let base = try needed(json["time_base"]?.array).map { try needed($0.integer) }
        let isBase = base.count == 2 && base[0] > 0 && base[1] > 0
        plan = ClipPlan(
            timeBase: try needed(isBase ? Rational(base[0], base[1]) : nil),
            units: try needed(json["units"]?.array).map { unit in
                ClipPlan.Unit(
                    from: try needed(unit["from"]?.integer), to: unit["to"]?.integer,
                    frames: Int(try needed(unit["frames"]?.integer)))
            })
    }
}

/// Tells whether a file is the one it was, without reading all of it. Machines that share it may see other times of it.
package struct InputIdentity: Sendable, Equatable {
    package let bytes: Int64
    /// Of the first and the last MiB.
    package let ends: String

    init(bytes: Int64, ends: String) { (self.bytes, self.ends) = (bytes, ends) }

    package init(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw JobError(
                .badOption, "\(path) is not a file that can be read again; units are for files, so leave --resume out")
        }
        bytes = Int64(status.st_size)
        let mebibyte: Int64 = 1 << 20
        do {
            ends =
                try Files.identity(path, 0..<mebibyte) + " "
                + Files.identity(path, max(0, bytes - mebibyte)..<max(bytes, 1))
        } catch { throw JobError(.unreadable, "\(path): \(error)") }
    }
}

/// What is known of a unit that is done.
package struct UnitRecord: Sendable, Equatable {
    /// Pictures in it, repeats included.
    package var frames: Int
    /// How long each is shown, in the output's ticks, in the order they are shown in.
    package var durations: RunLengths
    /// Wall time that it took.
    package var seconds: Double
    package var host: String
    /// What computed it.
    package var engine: String
    /// What of the source could not be read, a sentence.
    package var loss: String?
    var bytes = 0
    /// Of its file.
    var identity = ""

    package init(frames: Int, durations: RunLengths, seconds: Double, host: String, engine: String) {
        (self.frames, self.durations, self.seconds) = (frames, durations, seconds)
        (self.host, self.engine) = (host, engine)
    }

    var json: JSONValue {
        [
            "frames": .integer(Int64(frames)), "bytes": .integer(Int64(bytes)), "identity": .string(identity),
            "seconds": .number(seconds), "host": .string(host), "engine": .string(engine),
            "loss": loss.map(JSONValue.string) ?? .null,
            "durations": .array(durations.runs.map { [.integer(Int64($0.count)), .integer($0.value)] }),
        ]
    }

    init?(_ json: JSONValue) {
        guard let frames = json["frames"]?.integer, let bytes = json["bytes"]?.integer,
            let identity = json["identity"]?.string, let runs = json["durations"]?.array
        else { return nil }
        (self.frames, self.bytes, self.identity) = (Int(frames), Int(bytes), identity)
        (seconds, host) = (json["seconds"]?.double ?? 0, json["host"]?.string ?? "")
        (engine, loss) = (json["engine"]?.string ?? "", json["loss"]?.string)
        durations = RunLengths(
            runs.compactMap { run in
                guard let pair = run.array, pair.count == 2, let count = pair[0].integer, let value = pair[1].integer,
                    count > 0
                else { return nil }
                return RunLengths.Run(count: Int(count), value: value)
            })
        guard durations.count == self.frames else { return nil }
    }
}

/// How far a unit is that is being made.
package struct UnitProgress: Sendable, Equatable {
    package var frames: Int
    package var framesPerSecond: Double
    package var host: String
    package var process: Int
    /// Seconds since 1970; what has not been renewed for long is dead.
    package var time: Double

    package init(frames: Int, framesPerSecond: Double, host: String, process: Int, time: Double) {
        (self.frames, self.framesPerSecond, self.host) = (frames, framesPerSecond, host)
        (self.process, self.time) = (process, time)
    }

    var json: JSONValue {
        [
            "frames": .integer(Int64(frames)), "frames_per_second": .number(framesPerSecond), "host": .string(host),
            "process": .integer(Int64(process)), "time": .number(time),
        ]
    }

    init?(_ json: JSONValue) {
        guard let frames = json["frames"]?.integer, let time = json["time"]?.double else { return nil }
        (self.frames, self.time) = (Int(frames), time)
        framesPerSecond = json["frames_per_second"]?.double ?? 0
        (host, process) = (json["host"]?.string ?? "", Int(json["process"]?.integer ?? 0))
    }
}
