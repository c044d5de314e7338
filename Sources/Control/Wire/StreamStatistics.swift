internal import OrderedCollections
public import Settings

/// The answer to `stats` for one stream: counters since its start. Its keys are stable.
///
/// Exact at every moment: `decoded` = `restyled` + all of `dropped` + `in_flight`, and for each output `offered` =
/// `written` + `repeated` + all of `dropped` + `queued`.
///
/// | key | meaning |
/// |---|---|
/// | `stream` | its name |
/// | `decoded`, `restyled`, `in_flight` | frames |
/// | `dropped` | frames by cause: `late`, `rate`, `queue_full`, `superseded`, `seek`, `paused`, `decode_error`, `inference_error`, `discontinuity`, `shutdown` |
/// | `outputs[]` | `name`, `up`, `message`, `offered`, `written`, `repeated`, `queued`, `connections`, and `dropped` by cause: `output_down`, `queue_full` |
/// | `ticks`, `missed_ticks` | of the output clock |
/// | `latency_seconds` | capture to first showing: `p50`, `p95`; null before the first frame |
/// | `restyle_seconds` | what the model takes for a frame: `p50`, `p95`; null before the first |
/// | `frames_per_second` | restyled in the last second |
/// | `connections` | to the source |
public struct StreamStatistics: Sendable, Hashable {
    public struct Output: Sendable, Hashable {
        public var name: String
        public var isUp: Bool
        public var message: String
        public var offered: Int64
        public var written: Int64
        public var repeated: Int64
        public var dropped: [String: Int64]
        public var queued: Int64
        public var connections: Int64

        public init(
            name: String, isUp: Bool, message: String, offered: Int64, written: Int64, repeated: Int64,
            dropped: [String: Int64], queued: Int64, connections: Int64
        ) {
            (self.name, self.isUp, self.message, self.offered) = (name, isUp, message, offered)
            (self.written, self.repeated, self.dropped) = (written, repeated, dropped)
            (self.queued, self.connections) = (queued, connections)
        }

        public var json: JSONValue {
            [
                "name": .string(name), "up": .boolean(isUp), "message": .string(message), "offered": .integer(offered),
                "written": .integer(written), "repeated": .integer(repeated), "dropped": counts(dropped),
                "queued": .integer(queued), "connections": .integer(connections),
            ]
        }
    }

    /// The median and the 95th percentile of a duration, of late; nil before the first. Count and sum are those of all.
    public struct Quantiles: Sendable, Hashable {
        public var p50: Duration?
        public var p95: Duration?
        public var count: Int64
        public var sum: Duration

        public init(p50: Duration?, p95: Duration?, count: Int64 = 0, sum: Duration = .zero) {
            (self.p50, self.p95, self.count, self.sum) = (p50, p95, count, sum)
        }

        public var json: JSONValue {
            let value = { (duration: Duration?) -> JSONValue in duration.map { .number($0.inSeconds) } ?? .null }
            return ["p50": value(p50), "p95": value(p95)]
        }
    }

    public var stream: String
    public var decoded: Int64 = 0
    public var restyled: Int64 = 0
    public var dropped: [String: Int64] = [:]
    public var inFlight: Int64 = 0
    public var outputs: [Output] = []
    public var ticks: Int64 = 0
    public var missedTicks: Int64 = 0
    public var latency = Quantiles(p50: nil, p95: nil)
    public var restyleTime = Quantiles(p50: nil, p95: nil)
    public var framesPerSecond = 0.0
    public var connections: Int64 = 0

    public init(stream: String) { self.stream = stream }

    public var json: JSONValue {
        [
            "stream": .string(stream), "decoded": .integer(decoded), "restyled": .integer(restyled),
            "dropped": counts(dropped), "in_flight": .integer(inFlight), "outputs": .array(outputs.map(\.json)),
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
