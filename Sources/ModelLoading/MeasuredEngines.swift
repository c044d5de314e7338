import EngineSupport
import Foundation
import Settings

/// What `restyled doctor` measured on this machine, from which `auto` takes the fastest.
package struct MeasuredEngines: Sendable, Codable, Equatable {
    package struct Measurement: Sendable, Codable, Equatable {
        package let engine: String
        /// The engine's own name of it.
        package let device: String
        package let precision: String
        /// Of the small model at 320x184.
        package let framesPerSecond: Double
        /// How near its picture is to the processor's in fp32, dB; nil where that was not there to compare with.
        package let decibels: Double?

        package init(_ choice: EngineChoice, framesPerSecond: Double, decibels: Double?) {
            (engine, device) = (choice.engine.rawValue, choice.device ?? "")
            precision = choice.precision.rawValue
            (self.framesPerSecond, self.decibels) = (framesPerSecond, decibels)
        }

        /// Nil where a later version wrote what this one does not know.
        package var choice: EngineChoice? {
            guard let engine = EngineName(rawValue: engine), let precision = Precision(rawValue: precision) else {
                return nil
            }
            return EngineChoice(engine, device: device, precision: precision)
        }
    }

    /// What a picture must have to be taken for the same one, dB.
    package static let leastDecibels = 35.0

    /// A home folder may be shared between machines.
    private let machine: String
    package let measurements: [Measurement]

    package init(_ measurements: [Measurement], machine: String = MeasuredEngines.thisMachine) {
        (self.measurements, self.machine) = (measurements, machine)
    }

    /// The fastest whose picture is right.
    package var best: Measurement? {
        measurements.filter { ($0.decibels ?? .infinity) >= Self.leastDecibels && $0.choice != nil }
            .max { $0.framesPerSecond < $1.framesPerSecond }
    }

    /// What was measured last on this machine; nil before anything was.
    package static func load(environment: [String: String] = ProcessInfo.processInfo.environment) -> MeasuredEngines? {
        guard let path = path(environment), let data = FileManager.default.contents(atPath: path),
            let measured = try? JSONDecoder().decode(MeasuredEngines.self, from: data), measured.machine == thisMachine
        else { return nil }
        return measured
    }

    /// - Returns: the file; nil where the user has no folder for it.
    package func save(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> String? {
        guard let path = Self.path(environment) else { return nil }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
        return path
    }

    private static func path(_ environment: [String: String]) -> String? {
        LibraryFolders(environment: environment).cache("measured.json")
    }

    package static var thisMachine: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
