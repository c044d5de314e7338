import Basics
package import Control
import ServiceLifecycle
import Settings

/// Keeps systemd informed: READY once every model is loaded, STATUS with the frame rates, and the watchdog fed while
/// frames move, or there are none to move.
package struct NotifyService: Service {
    private let notifier: ServiceNotifier
    private let target: any ControlTarget

    package init(_ notifier: ServiceNotifier, target: any ControlTarget) {
        (self.notifier, self.target) = (notifier, target)
    }

    package func run() async throws {
        var report = ServiceReport(watchdogInterval: notifier.watchdogInterval)
        await withGracefulShutdownHandler {
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                for message in report.look(target.status(), at: MonotonicTime.now.nanoseconds) {
                    notifier.send(message)
                }
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
            }
        } onGracefulShutdown: { [notifier] in
            notifier.send(.stopping)
        }
    }
}
