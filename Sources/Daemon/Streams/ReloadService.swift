import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// Reads the configuration again at every SIGHUP.
struct ReloadService: Service {
    let read: @Sendable () throws -> Configuration
    /// What the daemon has started with.
    let configuration: Configuration
    let supervisor: StreamSupervisor
    let notifier: ServiceNotifier
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let signals = await UnixSignalsSequence(trapping: .sighup)
            // Until here a SIGHUP was ignored.
            if let now = try? read(), now != configuration { await reload() }
            for await _ in signals {
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
