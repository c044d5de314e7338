import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// Reads the configuration anew at every SIGHUP.
struct ReloadService: Service {
    let read: @Sendable () throws -> Configuration
    let supervisor: StreamSupervisor
    let notifier: ServiceNotifier
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                notifier.send(.reloading)
                await reload()
                notifier.send(.ready)
            }
        }
    }

    /// A configuration with a fault changes nothing.
    private func reload() async {
        do {
            let configuration = try read()
            await supervisor.reload(configuration)
            logger.info("configuration reloaded")
        } catch {
            logger.error("the configuration is left as it was: \(error)")
        }
    }
}
