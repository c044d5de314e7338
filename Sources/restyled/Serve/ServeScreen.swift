import Basics
import Control
import Settings

/// The line that `serve` keeps renewing on a terminal, and the lines that it leaves there at the end.
struct ServeScreen: Sendable {
    let terminal: Terminal
    /// Where each stream's picture comes from.
    let inputs: [String: String]

    init(_ terminal: Terminal, _ configuration: Configuration) {
        self.terminal = terminal
        inputs = Dictionary(
            configuration.streams.map { ($0.name, $0.input.description) }, uniquingKeysWith: { first, _ in first })
    }

    func show(_ target: any ControlTarget) {
        let streams = target.status().streams
        let line = streams.map { stream in
            (streams.count > 1 ? "\(stream.name): " : "") + text(stream, target.statistics(of: stream.name))
        }.joined(separator: " | ")
        terminal.redraw(String(line.prefix(terminal.width - 1)))
    }

    private func text(_ stream: DaemonStatus.Stream, _ statistics: StreamStatistics?) -> String {
        switch stream.condition {
        case .loading: return "loading the model" + (stream.message.isEmpty ? "" : ": \(stream.message)")
        case .connecting: return "waiting for \(inputs[stream.name] ?? "the source") (Ctrl-C ends)"
        case .stopped, .stopping: return stream.condition.rawValue
        case .failed: return "failed: \(stream.message)"
        case .running, .holding, .slate, .paused, .passthrough: break
        }
        var parts = [
            (stream.condition == .running ? "" : "\(stream.condition.rawValue), ")
                + "\(tenths(stream.framesPerSecond)) restyled/s"
        ]
        guard let statistics else { return parts[0] }
        if let latency = statistics.latency.p50 { parts.append("latency \(milliseconds(latency.inSeconds))") }
        let dropped = Self.counts(statistics.dropped)
        if !dropped.isEmpty { parts.append("dropped \(dropped)") }
        parts += statistics.outputs.map { "\($0.name) " + ($0.isUp ? "\($0.written + $0.repeated)" : "down") }
        return parts.joined(separator: ", ")
    }

    /// Three lines a stream.
    func showEnd(_ target: any ControlTarget) {
        terminal.clearLine()
        for name in target.streamNames {
            guard let statistics = target.statistics(of: name), statistics.decoded > 0 else { continue }
            let pace = statistics.restyleTime.p50.map { ", \(milliseconds($0.inSeconds)) each" } ?? ""
            terminal.print("\(name): \(statistics.decoded) frames came in, \(statistics.restyled) were restyled\(pace)")
            let dropped = Self.counts(statistics.dropped)
            terminal.print("  dropped: \(dropped.isEmpty ? "none" : dropped)")
            let outputs = statistics.outputs.map { output in
                "\(output.name) \(output.written + output.repeated) frames, \(output.repeated) of them repeated"
            }
            terminal.print("  written: \(outputs.joined(separator: "; "))")
        }
    }

    private static func counts(_ counts: [String: Int64]) -> String {
        counts.filter { $0.value > 0 }.sorted { $0.value > $1.value }
            .map { "\($0.value) \($0.key.replacing("_", with: " "))" }.joined(separator: ", ")
    }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
