import Daemon
import Foundation
import Glibc
import Testing

/// Plays systemd's part: a datagram socket that reads what it is told.
private final class Manager {
    let descriptor: Int32
    let name: String

    init(abstract: Bool) throws {
        let unique = "restyled-notify-\(UUID().uuidString.prefix(13))"
        let name = abstract ? "@\(unique)" : "/tmp/\(unique)"
        self.name = name
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: name.utf8)
            if abstract { path[0] = 0 }
        }
        let length = socklen_t(2 + name.utf8.count + (abstract ? 0 : 1))
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        if bound != 0 { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    deinit {
        close(descriptor)
        if !name.hasPrefix("@") { unlink(name) }
    }

    var received: String? {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

private func interval(_ environment: [String: String]) -> Duration? {
    ServiceNotifier(environment: environment).watchdogInterval
}

@Suite struct ServiceNotifierTests {
    @Test(arguments: [false, true])
    func tellsSystemd(abstract: Bool) throws {
        let manager = try Manager(abstract: abstract)
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name])
        #expect(notifier.isConnected)
        #expect(notifier.send(.ready, .status("main: 29.9 frames/s\nREADY=0")))
        #expect(manager.received == "READY=1\nSTATUS=main: 29.9 frames/s READY=0")
        #expect(notifier.send(.watchdog))
        #expect(manager.received == "WATCHDOG=1")
        #expect(notifier.send(.stopping))
        #expect(manager.received == "STOPPING=1")
        #expect(notifier.send(.reloading))
        #expect(manager.received?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
        #expect(notifier.send(.extendTimeout(.seconds(90))))
        #expect(manager.received == "EXTEND_TIMEOUT_USEC=90000000")
    }

    @Test(arguments: [
        [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "/nonexistent/notify"],
    ])
    func withoutSystemdNothingIsTold(environment: [String: String]) {
        #expect(!ServiceNotifier(environment: environment).send(.ready))
    }

    /// A manager that does not read never holds the daemon up.
    @Test func neverWaits() throws {
        let manager = try Manager(abstract: true)
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name])
        var sent = 0
        while sent < 100_000, notifier.send(.status(String(repeating: "x", count: 1000))) { sent += 1 }
        #expect(sent < 100_000)
    }

    @Test func watchdog() {
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "10000000"]) == .seconds(10))
        #expect(interval(["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "\(getpid())"]) == .seconds(10))
        #expect(interval(["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "0"]) == nil)
    }
}
