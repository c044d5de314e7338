import Basics
import Control
import Settings

/// Decides what to send to systemd, from one look at the daemon to the next.
struct ServiceReport: Sendable {
    private enum Phase: Sendable { case starting, ready, stopping }

    /// How often the watchdog wants to be fed at least, ns; nil when there is none.
    private let watchdog: Int64?
    private var phase = Phase.starting
    private var lastFed: Int64?
    private var lastStatus = ""

    init(watchdogInterval: Duration?) { watchdog = watchdogInterval?.inNanoseconds }

    /// - Parameter now: ns on a monotonic clock.
    mutating func look(_ status: DaemonStatus, at now: Int64) -> [ServiceNotifier.Message] {
        var messages: [ServiceNotifier.Message] = []
        switch (phase, status.state) {
        case (.stopping, _): return []
        case (.starting, .loading):
            // Loading takes as long as it takes, but a daemon that hangs does not get here.
            messages.append(.extendTimeout(.seconds(60)))
        case (.starting, .running):
            phase = .ready
            messages.append(.ready)
        case (.ready, .loading), (.ready, .running): break
        case (_, .stopping):
            phase = .stopping
            return [.stopping]
        }
        let text = ServiceReport.text(status)
        if text != lastStatus {
            lastStatus = text
            messages.append(.status(text))
        }
        // Three times in each interval; withheld while a stream that should move does not, so that systemd restarts it.
        // A restart would not help one that failed to start, and would interrupt the others.
        let areWell = status.streams.allSatisfy { $0.isHealthy || $0.condition == .failed }
        if let watchdog, now - (lastFed ?? .min / 2) >= watchdog / 3, areWell {
            lastFed = now
            messages.append(.watchdog)
        }
        return messages
    }

    private static func text(_ status: DaemonStatus) -> String {
        let streams = status.streams.map { stream in
            let rate = (stream.framesPerSecond * 10).rounded() / 10
            let message = stream.message.isEmpty ? "" : " (\(stream.message))"
            return "\(stream.name): \(stream.condition.rawValue)\(message), \(rate) frames/s"
        }
        return ([status.state == .loading ? "loading" : nil].compactMap(\.self) + streams).joined(separator: "; ")
    }
}
