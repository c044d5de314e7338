import ArgumentParser
import Basics
import Control
import Daemon
import Foundation
import Logging
import ModelLoading
import Pipeline
package import Settings
import Synchronization

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Restyle live video until it ends or is stopped, tuned while it runs.",
        discussion: """
            Frames come from a capture pipe, and the restyled picture goes out at a steady rate, whatever the model's \
            speed. restyled ctl changes prompt and strength meanwhile. Many streams, capture commands and metrics are \
            for a configuration file: examples/restyled.yaml explains its keys.

            restyled serve -i capture.fifo -o styled.mkv -r 30 --prompt "watercolor painting"
            restyled serve --config restyled.yaml
            """)

    @Option(
        help: "A configuration file, instead of the options of one stream. SIGHUP reads it again.", completion: .scripts
    )
    var config: String?
    @Option(
        help: "The control socket. (default: $XDG_RUNTIME_DIR/restyled.sock, for root /run/restyled.sock)",
        completion: .file())
    var socket: String?
    @Option(
        help: "Where live settings are kept over restarts. (default: $XDG_STATE_HOME/restyled)", completion: .directory)
    var stateDirectory: String?
    @Option(
        help: "Where /metrics and /healthz are served, such as 127.0.0.1:9464. (default: nowhere)",
        completion: .list(["127.0.0.1:9464"]))
    var metrics: String?
    @Option(
        help: "The least severe of what is logged. (default: info)",
        completion: .list(Configuration.LogLevel.allCases.map(\.rawValue)))
    var logLevel: Configuration.LogLevel?
    @OptionGroup(title: "Input and outputs") var stream: StreamOptions
    @OptionGroup(title: "Style") var style: StyleOptions
    @OptionGroup(title: "Model") var model: ModelOptions

    func run() throws {
        Heap.share()
        // A reload that is asked for while the daemon starts must not end it.
        if config != nil { signal(SIGHUP, SIG_IGN) }
        let configuration = try settled()
        let environment = ProcessInfo.processInfo.environment
        // Before anything that takes its time, so that clients can come at once.
        let listener = try listener(configuration, environment)
        let style = StandardErrorLogHandler.Style(environment: environment)
        let level = Logger.Level(rawValue: configuration.logLevel.rawValue) ?? .info
        let logger = Logger(label: "restyled") { StandardErrorLogHandler(label: $0, style: style, level: level) }
        var dependencies = RestylingDaemon.Dependencies(
            listener: listener, environment: environment, version: Restyled.version, logger: logger)
        if config != nil { dependencies.reread = { try settled() } }
        if style == .terminal {
            let screen = ServeScreen(Terminal(), configuration)
            dependencies.watch = { target, hasEnded in hasEnded ? screen.showEnd(target) : screen.show(target) }
        }
        let daemon = RestylingDaemon(configuration, dependencies)
        // Ctrl-C drains as well; it only ends with another status. So does a terminal that is closed, where SIGHUP does
        // not mean that the configuration is to be read again.
        let end = Ending()
        onFirst(of: config == nil ? [SIGINT, SIGHUP] : [SIGINT]) { _ in
            end.wasInterrupted.withLock { $0 = true }
            kill(getpid(), SIGTERM)
        }
        Task {
            do { try await daemon.run() } catch {
                logger.critical("\(error)")
                end.status.withLock { $0 = ExitStatus(error).rawValue }
            }
            end.isReached.signal()
        }
        end.isReached.wait()
        // Not exit(): a model that is still being compiled can't be interrupted, and must not be pulled out from under
        // its own threads. Everything is written by now.
        let status = end.status.withLock { $0 }
        _exit(status == 0 && end.wasInterrupted.withLock { $0 } ? ExitStatus.interrupted.rawValue : status)
    }

    /// How the daemon ended, for the thread that waits for it.
    private final class Ending: Sendable {
        let status = Mutex<Int32>(0)
        let wasInterrupted = Mutex(false)
        let isReached = DispatchSemaphore(value: 0)
    }

    private func listener(
        _ configuration: Configuration, _ environment: [String: String]
    ) throws -> ControlListener {
        do throws(ControlError) {
            if let listener = try ControlListener.fromSystemd(environment: environment) { return listener }
            if let path = configuration.socket ?? ControlListener.defaultPath(environment: environment) {
                return try ControlListener.open(path: path)
            }
        } catch {
            throw CommandFailure(error.message, error.code == .notPermitted ? .permission : .cannotCreate)
        }
        throw UsageError("XDG_RUNTIME_DIR is not set; name the control socket with --socket")
    }

    /// The file's configuration, or that of the options; the daemon's own options stand above the file.
    private func settled() throws -> Configuration {
        var configuration: Configuration
        if let config {
            guard stream.isEmpty, style.isEmpty, model.isEmpty else {
                throw UsageError(
                    "--config describes the streams already; put these options into that file")
            }
            do { configuration = try Configuration(contentsOf: config) } catch {
                throw CommandFailure("\(error)", .configuration)
            }
            let folder = URL(fileURLWithPath: config).deletingLastPathComponent()
            for index in configuration.streams.indices {
                for file in [\StreamConfiguration.mask, \.script] {
                    guard let path = configuration.streams[index][keyPath: file] else { continue }
                    configuration.streams[index][keyPath: file] = URL(fileURLWithPath: path, relativeTo: folder).path
                }
            }
        } else {
            var main = try stream.configuration(model, style)
            // A missing model is reported where it is loaded.
            if style.needsPrompt(main.settings), let opened = try? model.open() {
                let note = try StyleOptions.choose(for: model.model, opened.files, &main.settings)
                Terminal().print("restyled: \(note)")
            }
            configuration = Configuration(streams: [main])
        }
        configuration.socket = socket ?? configuration.socket
        configuration.stateDirectory = stateDirectory ?? configuration.stateDirectory
        if let metrics {
            guard let address = Configuration.Address(parsing: metrics) else {
                throw UsageError("--metrics \(metrics) is not an address and a port; write 127.0.0.1:9464, for example")
            }
            configuration.metrics = address
        }
        configuration.logLevel = logLevel ?? configuration.logLevel
        try configuration.check()
        return configuration
    }
}

extension Configuration.LogLevel: ExpressibleByArgument {}
