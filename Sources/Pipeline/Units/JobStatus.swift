package import Basics
import Foundation

/// How far a job is.
package struct JobStatus: Sendable {
    package enum Unit: Sendable {
        case done(UnitRecord)
        case running(UnitProgress)
        case failed(sentence: String, host: String)
        case waiting
    }

    package let units: [Unit]
    /// Frames of each unit, as planned.
    let planned: [Int]

    /// A unit that has told nothing for so long is not being made any more, s.
    private static let silence = 15.0

    package init(_ folder: JobFolder) throws {
        let manifest = try folder.manifest()
        planned = manifest.plan.units.map(\.frames)
        let now = Date().timeIntervalSince1970
        units = manifest.plan.units.indices.map { index in
            if let record = folder.record(of: index + 1, isChecked: false) { return .done(record) }
            if let progress = folder.progress(of: index + 1), now - progress.time < Self.silence {
                return .running(progress)
            }
            if let failure = folder.failure(of: index + 1) {
                return .failed(sentence: failure.sentence, host: failure.host)
            }
            return .waiting
        }
    }

    private var framesDone: Int {
        zip(units, planned).reduce(0) { sum, unit in
            switch unit.0 {
            case .done: sum + unit.1
            case .running(let progress): sum + min(progress.frames, unit.1)
            case .failed, .waiting: sum
            }
        }
    }
    private var framesPerSecond: Double {
        units.reduce(0) { if case .running(let progress) = $1 { $0 + progress.framesPerSecond } else { $0 } }
    }

    package var json: JSONValue {
        let rate = framesPerSecond
        let total = planned.reduce(0, +)
        return [
            "frames": .integer(Int64(framesDone)), "total": .integer(Int64(total)),
            "frames_per_second": .number(rate),
            "eta_seconds": rate > 0 ? .number(Double(total - framesDone) / rate) : .null,
            "units": .array(
                units.enumerated().map { index, unit in
                    let number = JSONValue.integer(Int64(index + 1))
                    switch unit {
                    case .done(let record):
                        return [
                            "unit": number, "state": "done", "frames": .integer(Int64(record.frames)),
                            "seconds": .number(record.seconds), "host": .string(record.host),
                        ]
                    case .running(let progress):
                        return [
                            "unit": number, "state": "running", "frames": .integer(Int64(progress.frames)),
                            "frames_per_second": .number(progress.framesPerSecond), "host": .string(progress.host),
                        ]
                    case .failed(let sentence, let host):
                        return [
                            "unit": number, "state": "failed", "error": .string(sentence), "host": .string(host),
                        ]
                    case .waiting: return ["unit": number, "state": "waiting"]
                    }
                }),
        ]
    }

    /// A bar over all, and a line for each unit that is being made or has failed.
    package var text: String {
        let (rate, total) = (framesPerSecond, planned.reduce(0, +))
        let bar = Progress(
            frames: framesDone, total: total, framesPerSecond: rate, speed: 0,
            etaSeconds: rate > 0 ? Double(total - framesDone) / rate : nil)
        var lines: [String] = []
        var (done, running, failed) = (0, 0, 0)
        for (index, unit) in units.enumerated() {
            switch unit {
            case .done: done += 1
            case .running(let progress):
                running += 1
                lines.append(
                    "unit \(index + 1)  \(progress.frames)/\(planned[index])  "
                        + String(format: "%.1f frames/s", progress.framesPerSecond) + "  on \(progress.host)")
            case .failed(let sentence, let host):
                failed += 1
                lines.append("unit \(index + 1)  failed on \(host): \(sentence)")
            case .waiting: break
            }
        }
        let counts =
            "\(done) of \(units.count) units done" + (running > 0 ? ", \(running) running" : "")
            + (failed > 0 ? ", \(failed) failed" : "")
        return ([bar.bar(width: 78), counts] + lines).joined(separator: "\n")
    }
}
