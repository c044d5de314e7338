package import Basics
import OrderedCollections
import Settings

/// The answer to `status`. Its keys are stable: new ones may come, none goes or changes its meaning.
///
/// | key | meaning |
/// |---|---|
/// | `state` | `loading` until every model is loaded, then `running`; `stopping` at the end |
/// | `uptime_seconds` | since the start of the process |
/// | `streams` | one object a stream, in the configuration's order |
/// | `streams[].name` | |
/// | `streams[].state` | see ``StreamCondition`` |
/// | `streams[].message` | why, in a sentence; empty where there is nothing to say |
/// | `streams[].healthy` | frames move, or the stream has none to move |
/// | `streams[].frames_per_second` | restyled in the last second |
/// | `streams[].settings_version` | of the settings in force |
package struct DaemonStatus: Sendable, Hashable {
    package enum State: String, Sendable, CaseIterable { case loading, running, stopping }

    package struct Stream: Sendable, Hashable {
        package var name: String
        package var condition: StreamCondition
        package var message: String
        package var isHealthy: Bool
        package var framesPerSecond: Double
        package var settingsVersion: Int64

        package init(
            name: String, condition: StreamCondition, message: String = "", isHealthy: Bool, framesPerSecond: Double,
            settingsVersion: Int64
        ) {
            (self.name, self.condition, self.message, self.isHealthy) = (name, condition, message, isHealthy)
            (self.framesPerSecond, self.settingsVersion) = (framesPerSecond, settingsVersion)
        }

        package var json: JSONValue {
            [
                "name": .string(name), "state": .string(condition.rawValue), "message": .string(message),
                "healthy": .boolean(isHealthy), "frames_per_second": .number(framesPerSecond),
                "settings_version": .integer(settingsVersion),
            ]
        }
    }

    package var state: State
    package var uptime: Duration
    package var streams: [Stream]

    package init(state: State, uptime: Duration, streams: [Stream]) {
        (self.state, self.uptime, self.streams) = (state, uptime, streams)
    }

    package var json: JSONValue {
        [
            "state": .string(state.rawValue), "uptime_seconds": .number(uptime.inSeconds),
            "streams": .array(streams.map(\.json)),
        ]
    }
}

/// What a stream is doing.
package enum StreamCondition: String, Sendable, CaseIterable {
    /// Not started, or stopped by a client.
    case stopped
    /// Its model is being loaded and compiled; settings are kept and applied.
    case loading
    /// No picture has come from the source yet.
    case connecting
    case running
    /// The source is gone; its last picture is repeated.
    case holding
    /// The source has been gone for long; a plain picture says so.
    case slate
    case paused
    case passthrough
    case stopping
    /// Ended by an error; the message says which.
    case failed
}

extension SettingDefinition {
    /// One entry of the answer to `settings.describe`.
    var json: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "name": .string(name.rawValue), "type": .string(type.name), "default": defaultValue.json,
            "help": .string(help), "unit": .string(unit), "allowed": .string(type.allowed),
            "transition": .boolean(isContinuous),
        ]
        switch type {
        case .number(let range):
            members["minimum"] = .number(range.lowerBound)
            members["maximum"] = .number(range.upperBound)
        case .integer(let range):
            members["minimum"] = .integer(range.lowerBound)
            members["maximum"] = .integer(range.upperBound)
        case .prompt, .boolean, .frameRate: break
        }
        return .object(members)
    }
}
