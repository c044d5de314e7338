import ArgumentParser
import Control
import Daemon
import Foundation
import Logging
import ModelLoading
import Pipeline
import Settings
import Synchronization

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Restyle live video for as long as it comes, tuned while it runs.",
        discussion: """
            Frames come from a capture pipe, and the restyled picture goes out at a steady rate, whatever the model's \
            speed. restyled ctl changes prompt and strength meanwhile. Many streams, capture commands and metrics are \
            for a configuration file: examples/restyled.yaml explains its keys.

            restyled serve -i capture.fifo -o styled.mkv -r 30 --prompt "watercolor painting"
            restyled serve --config restyled.yaml
            restyled serve --demo
            """)

    @Option(
        help: "A configuration file, instead of the options of one stream. SIGHUP reads it anew.", completion: .scripts)
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
        defaultAsFlag: "127.0.0.1:8437",
        help: ArgumentHelp(
            "Serve the page, which shows the picture and tunes it in a browser; without an address at 127.0.0.1:8437.",
            valueName: "address"))
    var web: String?
    @Flag(help: "Play the clip inside the program through pocket, with the page; nothing else is needed.")
    var demo = false
    @Option(
        help: "trace, debug, info, notice, warning, error or critical. (default: info)",
        completion: .list(Logger.Level.allCases.map(\.rawValue)))
    var logLevel: String?
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
        let level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        let logger = Logger(label: "restyled") { StandardErrorLogHandler(label: $0, style: style, level: level) }
        var dependencies = RestylingDaemon.Dependencies(
            listener: listener, environment: environment, version: Restyled.version, logger: logger)
        if config != nil { dependencies.reread = { try settled() } }
        if configuration.web != nil, demo || style == .terminal {
            dependencies.pageReady = { Terminal().print("restyled: the page is at \($0)") }
        }
        if style == .terminal {
            let screen = ServeScreen(Terminal(), configuration)
            dependencies.watch = { target, hasEnded in hasEnded ? screen.showEnd(target) : screen.show(target) }
        }
        let daemon = RestylingDaemon(configuration, dependencies)
        // Ctrl-C drains as well; it only ends with another status. So does a terminal that is closed, where SIGHUP does
        // not mean that the configuration is to be read anew.
        let end = Ending()
        onFirst(of: config == nil ? [SIGINT, SIGHUP] : [SIGINT]) { _ in
            end.wasInterrupted.withLock { $0 = true }
            kill(getpid(), SIGTERM)
        }
        Task {
            do { try await daemon.run() } catch {
                logger.critical("\(error)")
                end.status.withLock { $0 = (ExitStatus(error) ?? .internal).rawValue }
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
        if let listener = try ControlListener.fromSystemd(environment: environment) { return listener }
        guard let path = configuration.socket ?? ControlListener.defaultPath(environment: environment) else {
            throw UsageError("XDG_RUNTIME_DIR is not set; name the control socket with --socket")
        }
        return try ControlListener.open(path: path)
    }

    /// The clip inside the program, again and again, through the model inside the program.
    private func demonstration() throws -> StreamConfiguration {
        guard stream.input == nil else { throw UsageError("--demo has a clip of its own; leave -i out") }
        var options = stream
        (options.input, options.loop) = (try DemoClip.path(), true)
        return try options.configuration(model, style, hasPage: true)
    }

    /// The file's configuration, or that of the options; the daemon's own options stand above the file.
    private func settled() throws -> Configuration {
        var configuration: Configuration
        if let config {
            guard !demo else { throw UsageError("--demo goes without --config; leave one of them out") }
            guard stream.isEmpty, style.isEmpty, model.isEmpty else {
                throw UsageError(
                    "--config has the streams, so it goes without a stream's options; put them in the file")
            }
            do { configuration = try Configuration(contentsOf: config) } catch { throw ConfigurationError(error) }
            let folder = URL(fileURLWithPath: config).deletingLastPathComponent()
            for index in configuration.streams.indices {
                for file in [\StreamConfiguration.mask, \.script] {
                    guard let path = configuration.streams[index][keyPath: file] else { continue }
                    configuration.streams[index][keyPath: file] = URL(fileURLWithPath: path, relativeTo: folder).path
                }
            }
        } else {
            var main = try demo ? demonstration() : stream.configuration(model, style, hasPage: web != nil)
            // A model that is missing is told where it is loaded.
            if style.needsPrompt(main.settings), let opened = try? model.open() {
                let note = try StyleOptions.choose(for: model.model, opened.files, &main.settings)
                Terminal().print("restyled: \(note)")
            }
            configuration = Configuration(streams: [main])
        }
        if demo { configuration.web = Configuration.Address(parsing: "127.0.0.1:8437") }
        configuration.socket = socket ?? configuration.socket
        configuration.stateDirectory = stateDirectory ?? configuration.stateDirectory
        if let metrics {
            guard let address = Configuration.Address(parsing: metrics) else {
                throw UsageError("--metrics \(metrics) is no address and port; write 127.0.0.1:9464, for example")
            }
            configuration.metrics = address
        }
        if let web {
            guard let address = Configuration.Address(parsing: web) else {
                throw UsageError("--web \(web) is not an address and a port; write 127.0.0.1:8437, for example")
            }
            configuration.web = address
        }
        if let refusal = configuration.webRefusal { throw UsageError("--web \(refusal)") }
        if let logLevel {
            guard Logger.Level(rawValue: logLevel) != nil else {
                let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("--log-level \(logLevel) is none of \(names)")
            }
            configuration.logLevel = logLevel
        }
        try configuration.check()
        return configuration
    }
}
