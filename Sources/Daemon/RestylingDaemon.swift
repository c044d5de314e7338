package import Control
import Glibc
package import Logging
import ServiceLifecycle
package import Settings
import UnixSignals

/// The daemon: streams, control socket, metrics and systemd notifications, started and ended together.
package struct RestylingDaemon: Sendable {
    /// What it is made of besides its configuration.
    package struct Dependencies: Sendable {
        package var listener: ControlListener
        package var environment: [String: String]
        package var version: String
        package var logger: Logger
        /// Reads the configuration again, at SIGHUP; nil where there is no file to read.
        package var reread: (@Sendable () throws -> Configuration)?
        /// Called twice a second with what the daemon is doing, and once more when it has ended; nil where nobody looks.
        package var watch: (@Sendable (any ControlTarget, _ hasEnded: Bool) -> Void)?

        package init(
            listener: ControlListener, environment: [String: String], version: String, logger: Logger,
            reread: (@Sendable () throws -> Configuration)? = nil
        ) {
            (self.listener, self.environment) = (listener, environment)
            (self.version, self.logger, self.reread) = (version, logger, reread)
        }
    }

    private let configuration: Configuration
    private let dependencies: Dependencies

    package init(_ configuration: Configuration, _ dependencies: Dependencies) {
        (self.configuration, self.dependencies) = (configuration, dependencies)
    }

    /// Runs until SIGTERM, and until every file is finished then.
    /// - Throws: why a stream can't be started at the beginning, or the metrics' address can't be had.
    package func run() async throws {
        let logger = dependencies.logger
        let supervisor = StreamSupervisor(
            configuration, directory: stateDirectory(), logger: logger)
        let notifier = ServiceNotifier(environment: dependencies.environment)
        // The last is the first to end: while files are finished, status is still served.
        var services: [any Service] = [
            ControlServer(
                dependencies.listener, target: supervisor, version: dependencies.version, logger: logger),
            NotifyService(notifier, target: supervisor),
        ]
        if let address = configuration.metrics {
            services.append(
                MetricsServer(
                    host: address.host, port: address.port, target: supervisor, version: dependencies.version,
                    logger: logger))
        }
        // Without a file SIGHUP means that the terminal is gone; the command line ends the daemon then.
        if let reread = dependencies.reread {
            services.append(
                ReloadService(
                    read: reread, configuration: configuration, supervisor: supervisor, notifier: notifier,
                    logger: logger))
        }
        if let watch = dependencies.watch {
            services.append(WatchService(target: supervisor) { watch($0, false) })
        }
        services.append(StreamsService(supervisor: supervisor))
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services.map {
                    .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                }, gracefulShutdownSignals: [.sigterm], logger: quiet))
        try await group.run()
        dependencies.watch?(supervisor, true)
    }

    /// Makes the state directory; without one the daemon runs all the same, and forgets.
    private func stateDirectory() -> String? {
        let environment = dependencies.environment
        guard let path = configuration.stateDirectory ?? Self.defaultStateDirectory(environment) else {
            dependencies.logger.warning(
                "live settings are not kept over a restart: neither XDG_STATE_HOME nor HOME is set; give --state-directory"
            )
            return nil
        }
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            mkdir(made, 0o700)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            dependencies.logger.warning(
                "live settings are not kept over a restart: \(path): \(String(cString: strerror(errno))); give another --state-directory"
            )
            return nil
        }
        return path
    }

    /// `$XDG_STATE_HOME/restyled`, where the XDG base directory specification puts it.
    private static func defaultStateDirectory(_ environment: [String: String]) -> String? {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/restyled" }
        return environment["HOME"].map { "\($0)/.local/state/restyled" }
    }
}
