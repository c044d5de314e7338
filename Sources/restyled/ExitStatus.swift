import Control
import Daemon
import Diffusion
import Graph
import HubDownload
import Media
import Pipeline
import Settings
import Web
import Weights

/// What the process ends with; the numbers are sysexits.h's where it has one.
enum ExitStatus: Int32 {
    /// A bad option, or an output that equals the input.
    case usage = 64
    /// Corrupt, truncated or video-less input; bad weights.
    case data = 65
    /// Input or model missing.
    case noInput = 66
    /// No engine.
    case unavailable = 69
    case `internal` = 70
    /// The output exists without -y, or can't be made.
    case cannotCreate = 73
    case inputOutput = 74
    /// Worth another try, which a supervisor gives it.
    case temporary = 75
    case permission = 77
    case configuration = 78
    case interrupted = 130

    /// Nil for errors that are not of this program's making, such as ArgumentParser's own.
    init?(_ error: any Error) {
        switch error {
        case let error as MediaError:
            self = ExitStatus(rawValue: error.exitCode) ?? .internal
        case let error as WeightsError:
            self =
                switch error.code {
                case .notFound: .noInput
                case .permission: .permission
                case .unreadable: .inputOutput
                default: .data
                }
        case let error as DiffusionError:
            self =
                switch error.code {
                case .partMissing: .noInput
                case .unsupportedConfig: .data
                case .badRequest: .usage
                }
        case let error as EngineError:
            self =
                switch error.code {
                case .notFound: .unavailable
                case .compileFailed, .runFailed: .internal
                case .outOfMemory, .deviceLost: .temporary
                }
        case let error as SettingsError:
            self =
                switch error.code {
                case .unreadable: .noInput
                case .notPermitted: .permission
                default: .usage
                }
        case let error as ControlFailure: self = error.status
        // What a daemon can't get: its socket.
        case let error as ControlError: self = error.code == .notPermitted ? .permission : .cannotCreate
        case let error as HubError:
            self =
                switch error.code {
                case .notFound: .noInput
                case .notPermitted: .permission
                case .unreachable, .busy: .temporary
                case .malformed: .data
                case .cannotWrite: .inputOutput
                }
        case let error as JobError:
            self =
                switch error.code {
                case .missing: .noInput
                case .unreadable, .unwritable, .diskFull: .inputOutput
                case .damaged: .data
                case .badOption, .differs: .usage
                case .incomplete, .busy: .temporary
                }
        case is GraphError: self = .data
        case is UsageError: self = .usage
        case is ConfigurationError: self = .configuration
        case is MetricsError, is WebError: self = .cannotCreate
        default: return nil
        }
    }
}

/// An option that ArgumentParser takes and this program cannot: said in a sentence, exit code 64.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A configuration that can't be read or taken, with its file and line.
struct ConfigurationError: Error, CustomStringConvertible {
    let description: String
    init(_ error: SettingsError) { description = "\(error)" }
}
