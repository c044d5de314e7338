import Control
import ServiceLifecycle

/// Shows what the daemon is doing, for somebody who sits before it, until it ends.
struct WatchService: Service {
    let target: any ControlTarget
    let show: @Sendable (any ControlTarget) -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                show(target)
                // Cancelled at the end, which the loop sees.
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
