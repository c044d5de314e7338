import Foundation
import Media

/// What `restyled bench` measured. The JSON keys are documented and stay.
struct BenchReport {
    let load: Duration
    let engine: String
    let width: Int
    let height: Int
    /// Of all loaded parts, as float32.
    let weightsBytes: Int
    var settingsProgram = Duration.zero
    private var segments: [(label: String, durations: [Duration])] = []
    private var frameProgram: [Duration] = []
    private var scale: [Duration] = []
    private var endToEnd: [Duration] = []

    init(load: Duration, engine: String, width: Int, height: Int, weightsBytes: Int) {
        (self.load, self.engine, self.width, self.height) = (load, engine, width, height)
        self.weightsBytes = weightsBytes
    }

    /// One frame's times.
    mutating func add(
        segments new: [(label: String, duration: Duration)], frameProgram: Duration, scale: Duration, endToEnd: Duration
    ) {
        // A stage may be compiled in pieces ("denoise 2"); what people compare is the stage.
        var sums: [(label: String, duration: Duration)] = []
        for (label, duration) in new {
            let stage = String(label.prefix { $0 != " " })
            if sums.last?.label == stage {
                sums[sums.count - 1].duration += duration
            } else {
                sums.append((stage, duration))
            }
        }
        if segments.isEmpty { segments = sums.map { ($0.label, []) } }
        for (index, sum) in sums.enumerated() { segments[index].durations.append(sum.duration) }
        self.frameProgram.append(frameProgram)
        self.scale.append(scale)
        self.endToEnd.append(endToEnd)
    }

    fileprivate struct Times: Encodable {
        let median: Double
        let p95: Double

        init(_ durations: [Duration]) {
            let sorted = durations.map { $0 / .milliseconds(1) }.sorted()
            func quantile(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int((Double(sorted.count - 1) * share).rounded()))]
            }
            (median, p95) = (quantile(0.5), quantile(0.95))
        }
    }

    fileprivate struct Document: Encodable {
        let engine: String
        let width, height, frames: Int
        let loadMs, settingsProgramMs: Double
        let stagesMs: [String: Times]
        let scaleMs, frameProgramMs, endToEndMs: Times
        let framesPerSecond: Double
        let peakMemoryBytes, weightsBytes: Int
    }

    fileprivate var document: Document {
        let endToEnd = Times(endToEnd)
        return Document(
            engine: engine, width: width, height: height, frames: frameProgram.count, loadMs: load / .milliseconds(1),
            settingsProgramMs: settingsProgram / .milliseconds(1),
            stagesMs: Dictionary(uniqueKeysWithValues: segments.map { ($0.label, Times($0.durations)) }),
            scaleMs: Times(scale), frameProgramMs: Times(frameProgram), endToEndMs: endToEnd,
            framesPerSecond: 1000 / endToEnd.median, peakMemoryBytes: Self.peakMemory,
            weightsBytes: weightsBytes)
    }

    /// The most memory the process ever held at once.
    private static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int(usage.ru_maxrss) * 1024
    }

    func json() throws -> String { try encoded(document) }

    var text: String {
        let document = document
        func row(_ name: String, _ times: Times) -> String {
            let label = name.padding(toLength: 20, withPad: " ", startingAt: 0)
            return label + String(format: "%10.2f %10.2f", times.median, times.p95)
        }
        var lines = ["\(engine)", "\(width)x\(height), \(document.frames) frames", ""]
        lines.append("milliseconds            median        p95")
        for (label, durations) in segments { lines.append(row("  " + label, Times(durations))) }
        lines.append(row("frame program", document.frameProgramMs))
        lines.append(row("scale", document.scaleMs))
        lines.append(row("end to end", document.endToEndMs))
        lines.append("")
        lines.append(String(format: "%.2f frames/s", document.framesPerSecond))
        lines.append(
            String(
                format: "load %.0f ms, settings program %.1f ms, peak memory %.0f MiB", document.loadMs,
                document.settingsProgramMs, Double(document.peakMemoryBytes) / 1_048_576))
        return lines.joined(separator: "\n")
    }
}

extension BenchReport {
    /// Several devices that shared the frames.
    struct Together {
        let names: [String]
        let reports: [BenchReport]
        /// From the first frame's beginning to the last one's end.
        let wall: Duration

        private var framesPerSecond: Double {
            Double(reports.reduce(0) { $0 + $1.frameProgram.count }) / (wall / .seconds(1))
        }

        var text: String {
            let parts = zip(names, reports).map { name, report in
                report.frameProgram.isEmpty ? "\(name): came to no frame" : "\(name): \(report.text)"
            }
            return (parts + [String(format: "together %.2f frames/s", framesPerSecond)]).joined(separator: "\n\n")
        }

        private struct Document: Encodable {
            let devices: [BenchReport.Document]
            let framesPerSecond: Double
        }

        func json() throws -> String {
            try encoded(
                Document(
                    devices: reports.filter { !$0.frameProgram.isEmpty }.map(\.document),
                    framesPerSecond: framesPerSecond))
        }
    }
}

private func encoded(_ document: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    return String(decoding: try encoder.encode(document), as: UTF8.self)
}

/// A picture with edges, gradients and texture, so that nothing on the way is spared work.
enum BenchPicture {
    static func make(width: Int, height: Int) -> RGBImage {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let checks = (x / 16 + y / 16) % 2 == 0 ? 40 : 0
                bytes.append(UInt8((x * 215 / width + checks) % 256))
                bytes.append(UInt8((y * 215 / height + checks) % 256))
                bytes.append(UInt8((x * 7 + y * 13) % 256))
            }
        }
        return RGBImage(width: width, height: height, bytes: bytes)
    }
}
