package import Basics
import OrderedCollections
import Settings

/// The answer to `stats` for one stream: counters since its start. Its keys are stable.
///
/// Exact at every moment: `decoded` = `restyled` + all of `dropped` + `in_flight`, and for each output `offered` =
/// `written` + `repeated` + all of `dropped` + `queued`.
///
/// | key | meaning |
/// |---|---|
/// | `stream` | its name |
/// | `decoded`, `restyled`, `in_flight` | frames |
/// | `dropped` | frames by cause: `rate`, `superseded`, `paused`, `decode_error`, `inference_error`, `discontinuity`, `shutdown` |
/// | `devices[]` | `name`, `up`, `restyled`, `seconds`: what the last frame took, null before the first |
/// | `outputs[]` | `name`, `up`, `message`, `offered`, `written`, `repeated`, `queued`, `connections`, and `dropped` by cause: `output_down`, `queue_full` |
/// | `ticks`, `missed_ticks` | of the output clock |
/// | `latency_seconds` | capture to first showing: `p50`, `p95`; null before the first frame |
/// | `restyle_seconds` | what the model takes for a frame: `p50`, `p95`; null before the first |
/// | `frames_per_second` | restyled in the last second |
/// | `connections` | to the source |
package struct StreamStatistics: Sendable, Hashable {
    /// One of those that share the stream's frames.
    package struct Device: Sendable, Hashable {
        package var name: String
        package var isUp: Bool
        package var restyled: Int64
        package var lastDuration: Duration?

        package init(name: String, isUp: Bool, restyled: Int64, lastDuration: Duration?) {
            (self.name, self.isUp, self.restyled, self.lastDuration) = (name, isUp, restyled, lastDuration)
        }

        package var json: JSONValue {
            [
                "name": .string(name), "up": .boolean(isUp), "restyled": .integer(restyled),
                "seconds": lastDuration.map { .number($0.inSeconds) } ?? .null,
            ]
        }
    }

    package struct Output: Sendable, Hashable {
        package var name: String
        package var isUp: Bool
        package var message: String
        package var offered: Int64
        package var written: Int64
        package var repeated: Int64
        package var dropped: [String: Int64]
        package var queued: Int64
        package var connections: Int64

        package init(
            name: String, isUp: Bool, message: String, offered: Int64, written: Int64, repeated: Int64,
            dropped: [String: Int64], queued: Int64, connections: Int64
        ) {
            (self.name, self.isUp, self.message, self.offered) = (name, isUp, message, offered)
            (self.written, self.repeated, self.dropped) = (written, repeated, dropped)
            (self.queued, self.connections) = (queued, connections)
        }

        package var json: JSONValue {
            [
                "name": .string(name), "up": .boolean(isUp), "message": .string(message), "offered": .integer(offered),
                "written": .integer(written), "repeated": .integer(repeated), "dropped": counts(dropped),
                "queued": .integer(queued), "connections": .integer(connections),
            ]
        }
    }

    /// The median and the 95th percentile of a duration, of late; nil before the first. Count and sum are those of all.
    package struct Quantiles: Sendable, Hashable {
        package var p50: Duration?
        package var p95: Duration?
        package var count: Int64
        package var sum: Duration

        package init(p50: Duration?, p95: Duration?, count: Int64 = 0, sum: Duration = .zero) {
            (self.p50, self.p95, self.count, self.sum) = (p50, p95, count, sum)
        }

        package var json: JSONValue {
            let value = { (duration: Duration?) -> JSONValue in duration.map { .number($0.inSeconds) } ?? .null }
            return ["p50": value(p50), "p95": value(p95)]
        }
    }

    package var stream: String
    package var decoded: Int64 = 0
    package var restyled: Int64 = 0
    package var dropped: [String: Int64] = [:]
    package var inFlight: Int64 = 0
    package var devices: [Device] = []
    package var outputs: [Output] = []
    package var ticks: Int64 = 0
    package var missedTicks: Int64 = 0
    package var latency = Quantiles(p50: nil, p95: nil)
    package var restyleTime = Quantiles(p50: nil, p95: nil)
    package var framesPerSecond = 0.0
    package var connections: Int64 = 0

    package init(stream: String) { self.stream = stream }

    package var json: JSONValue {
        [
            "stream": .string(stream), "decoded": .integer(decoded), "restyled": .integer(restyled),
            "dropped": counts(dropped), "in_flight": .integer(inFlight),
            "devices": .array(devices.map(\.json)), "outputs": .array(outputs.map(\.json)),
            "ticks": .integer(ticks), "missed_ticks": .integer(missedTicks), "latency_seconds": latency.json,
            "restyle_seconds": restyleTime.json, "frames_per_second": .number(framesPerSecond),
            "connections": .integer(connections),
        ]
    }
}

private func counts(_ counts: [String: Int64]) -> JSONValue {
    .object(
        OrderedDictionary(uniqueKeysWithValues: counts.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) }))
}
