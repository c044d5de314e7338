import Control
import Pipeline

extension StreamStatistics {
    init(_ status: StreamStatus, stream: String) {
        self.init(stream: stream)
        (decoded, restyled, inFlight) = (status.counters.decoded, status.counters.restyled, status.counters.inFlight)
        dropped = status.counters.dropped.byName
        devices = status.seats.map {
            Device(name: $0.device, isUp: $0.isUp, restyled: $0.restyled, lastDuration: $0.lastDuration)
        }
        outputs = status.outputs.map { output in
            Output(
                name: output.name, isUp: output.isUp, message: output.reason ?? "", offered: output.counters.offered,
                written: output.counters.written, repeated: output.counters.repeated,
                dropped: output.counters.dropped.byName, queued: output.counters.queued, connections: output.connections
            )
        }
        (ticks, missedTicks) = (status.ticks, status.missedTicks)
        (latency, restyleTime) = (Quantiles(status.latency), Quantiles(status.restyleTime))
        framesPerSecond = status.restyledPerSecond
        connections = status.connections
    }
}

extension StreamStatistics.Quantiles {
    fileprivate init(_ histogram: LatencyHistogram) {
        self.init(
            p50: histogram.quantile(0.5), p95: histogram.quantile(0.95), count: histogram.count, sum: histogram.total)
    }
}

extension DropCounts {
    fileprivate var byName: [String: Int64] {
        Dictionary(uniqueKeysWithValues: all.map { ($0.cause.rawValue, $0.count) })
    }
}
