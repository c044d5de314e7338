import Basics
import Glibc
import SwiftOverlayShims

/// Tells systemd how the service is doing (`sd_notify`), over the datagram socket that NOTIFY_SOCKET names. Without one
/// nothing is sent.
package final class ServiceNotifier: Sendable {
    /// A line of the protocol.
    package enum Message: Sendable, Hashable {
        /// Started: it listens, and the models are loaded.
        case ready
        case reloading
        case stopping
        case status(String)
        /// Still alive and well.
        case watchdog
        /// Systemd need wait this much longer before it gives up on the start.
        case extendTimeout(Duration)

        var line: String {
            switch self {
            case .ready: "READY=1"
            // What Type=notify-reload needs as well; older systemds ignore the second line.
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(MonotonicTime.now.nanoseconds / 1000)"
            case .stopping: "STOPPING=1"
            // A line end would begin another assignment.
            case .status(let text): "STATUS=\(String(text.map { $0.isNewline ? " " : $0 }))"
            case .watchdog: "WATCHDOG=1"
            case .extendTimeout(let duration):
                "EXTEND_TIMEOUT_USEC=\(max(0, duration.components.seconds) * 1_000_000)"
            }
        }
    }

    private let descriptor: Int32
    private let address: sockaddr_un
    private let length: socklen_t
    /// How often the watchdog must be fed at least; nil when there is none.
    package let watchdogInterval: Duration?

    package init(environment: [String: String]) {
        (watchdogInterval, descriptor, address, length) = (
            ServiceNotifier.watchdogInterval(environment),
            socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0),
            ServiceNotifier.address(environment["NOTIFY_SOCKET"] ?? "")?.0 ?? sockaddr_un(),
            ServiceNotifier.address(environment["NOTIFY_SOCKET"] ?? "")?.1 ?? 0
        )
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package var isConnected: Bool { length > 0 && descriptor >= 0 }

    /// Never waits: when systemd does not read, a message is lost rather than a frame.
    /// - Returns: whether the message is under way.
    @discardableResult
    package func send(_ messages: Message...) -> Bool {
        guard isConnected else { return false }
        let bytes = Array(messages.map(\.line).joined(separator: "\n").utf8)
        var address = address
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), $0, length)
            }
        }
        return sent == bytes.count
    }

    /// A path, or with `@` in front a name in the abstract namespace.
    private static func address(_ name: String) -> (sockaddr_un, socklen_t)? {
        guard name.hasPrefix("/") || name.hasPrefix("@"), name.utf8.count > 1, !name.utf8.contains(0) else {
            return nil
        }
        var address = sockaddr_un()
        guard name.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        let isAbstract = name.hasPrefix("@")
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name.utf8)
            if isAbstract { path[0] = 0 }
        }
        // The length counts for abstract names, whose end no NUL marks.
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        return (address, socklen_t(offset + name.utf8.count + (isAbstract ? 0 : 1)))
    }

    /// `WATCHDOG_USEC`, when `WATCHDOG_PID` means this process or nobody.
    private static func watchdogInterval(_ environment: [String: String]) -> Duration? {
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        if let pid = environment["WATCHDOG_PID"], Int32(pid) != getpid() { return nil }
        return .microseconds(microseconds)
    }
}
