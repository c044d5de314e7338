import Basics
package import Control
import Settings

/// The daemon's status and statistics as metrics. Names and labels are stable.
package struct DaemonMetrics: Sendable {
    private let status: DaemonStatus
    private let streams: [StreamStatistics]
    private let version: String

    package init(status: DaemonStatus, streams: [StreamStatistics], version: String) {
        (self.status, self.streams, self.version) = (status, streams, version)
    }

    /// Every stream of a running daemon moves its frames, or has none to move.
    package var isHealthy: Bool { status.state != .stopping && status.streams.allSatisfy(\.isHealthy) }

    package var families: [MetricFamily] { daemon + frames + outputs + times }

    package var text: String { families.map(\.text).joined() }

    private func perStream(_ value: (StreamStatistics) -> Double) -> [MetricFamily.Sample] {
        streams.map { MetricFamily.Sample(value($0), [("stream", $0.stream)]) }
    }

    private func perOutput(_ value: (StreamStatistics.Output) -> Double) -> [MetricFamily.Sample] {
        streams.flatMap { stream in
            stream.outputs.map { MetricFamily.Sample(value($0), [("stream", stream.stream), ("output", $0.name)]) }
        }
    }

    private var daemon: [MetricFamily] {
        [
            MetricFamily(
                "restyled_build_info", .gauge, "Always 1; the version is in the label.",
                [.init(1, [("version", version)])]),
            MetricFamily(
                "restyled_uptime_seconds", .gauge, "Time since the daemon's start.", [.init(status.uptime.inSeconds)]),
            MetricFamily(
                "restyled_stream_healthy", .gauge, "Whether frames move, or the stream has none to move.",
                status.streams.map { .init($0.isHealthy ? 1 : 0, [("stream", $0.name)]) }),
            MetricFamily(
                "restyled_stream_state", .gauge, "1 for the state the stream is in, 0 for the others.",
                status.streams.flatMap { stream in
                    StreamCondition.allCases.map {
                        .init($0 == stream.condition ? 1 : 0, [("stream", stream.name), ("state", $0.rawValue)])
                    }
                }),
            MetricFamily(
                "restyled_settings_version", .gauge, "Version of the current settings.",
                status.streams.map { .init(Double($0.settingsVersion), [("stream", $0.name)]) }),
        ]
    }

    private var frames: [MetricFamily] {
        [
            MetricFamily(
                "restyled_frames_decoded_total", .counter, "Frames that left the decoder.",
                perStream { Double($0.decoded) }),
            MetricFamily(
                "restyled_frames_restyled_total", .counter, "Frames that went through the model.",
                perStream { Double($0.restyled) }),
            MetricFamily(
                "restyled_frames_dropped_total", .counter, "Frames that were not restyled, by cause.",
                streams.flatMap { stream in
                    stream.dropped.sorted { $0.key < $1.key }.map {
                        .init(Double($0.value), [("stream", stream.stream), ("cause", $0.key)])
                    }
                }),
            MetricFamily(
                "restyled_frames_in_flight", .gauge, "Frames between decoder and restyled picture.",
                perStream { Double($0.inFlight) }),
            MetricFamily(
                "restyled_source_connections_total", .counter, "How often the source was opened.",
                perStream { Double($0.connections) }),
            MetricFamily(
                "restyled_output_clock_ticks_total", .counter, "Ticks of the output clock.",
                perStream { Double($0.ticks) }),
            MetricFamily(
                "restyled_output_clock_missed_ticks_total", .counter, "Ticks of the output clock that came too late.",
                perStream { Double($0.missedTicks) }),
        ]
    }

    private var outputs: [MetricFamily] {
        [
            MetricFamily(
                "restyled_output_up", .gauge, "Whether the output takes pictures.", perOutput { $0.isUp ? 1 : 0 }),
            MetricFamily(
                "restyled_output_pictures_written_total", .counter, "Pictures written for the first time.",
                perOutput { Double($0.written) }),
            MetricFamily(
                "restyled_output_pictures_repeated_total", .counter,
                "Pictures written again because there was none newer.",
                perOutput { Double($0.repeated) }),
            MetricFamily(
                "restyled_output_pictures_dropped_total", .counter, "Pictures that never reached the output, by cause.",
                streams.flatMap { stream in
                    stream.outputs.flatMap { output in
                        output.dropped.sorted { $0.key < $1.key }.map {
                            .init(
                                Double($0.value),
                                [("stream", stream.stream), ("output", output.name), ("cause", $0.key)])
                        }
                    }
                }),
            MetricFamily(
                "restyled_output_pictures_queued", .gauge, "Pictures that wait for the output.",
                perOutput { Double($0.queued) }),
            MetricFamily(
                "restyled_output_connections_total", .counter, "How often the output was opened.",
                perOutput { Double($0.connections) }),
        ]
    }

    private var times: [MetricFamily] {
        [
            summary("restyled_latency_seconds", "Time from a frame's capture until it is first shown.", \.latency),
            summary("restyled_restyle_seconds", "Time the model takes for a frame.", \.restyleTime),
        ]
    }

    private func summary(
        _ name: String, _ help: String, _ path: KeyPath<StreamStatistics, StreamStatistics.Quantiles>
    ) -> MetricFamily {
        let samples = streams.flatMap { stream in
            let times = stream[keyPath: path]
            let labels = [("stream", stream.stream)]
            return [("0.5", times.p50), ("0.95", times.p95)].compactMap { quantile, duration in
                duration.map { MetricFamily.Sample($0.inSeconds, labels + [("quantile", quantile)]) }
            } + [
                .init(times.sum.inSeconds, labels, suffix: "_sum"),
                .init(Double(times.count), labels, suffix: "_count"),
            ]
        }
        return MetricFamily(name, .summary, help, samples)
    }
}
