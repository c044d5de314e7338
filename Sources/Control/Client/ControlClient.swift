package import Basics
import Glibc
import Settings

/// A connection to a daemon, for programs that have nothing else to do meanwhile: every call waits for its answer.
package struct ControlClient: ~Copyable {
    package let path: String
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var nextID: Int64 = 1

    /// - Throws: `.notReady` when no daemon listens, `.notPermitted` when it is another user's.
    package init(path: String) throws(ControlError) {
        guard let address = sockaddr_un(path: path) else {
            throw ControlError(
                .failed, "a socket's path has 1 to \(sockaddr_un.capacity - 1) bytes, not \(path.utf8.count): \(path)")
        }
        let descriptor = sockaddr_un.stream()
        guard descriptor >= 0 else { throw ControlClient.failure("socket", path) }
        guard address.call(connect, descriptor) == 0 else {
            let error = ControlClient.failure("connect", path)
            close(descriptor)
            throw error
        }
        (self.path, self.descriptor) = (path, descriptor)
    }

    deinit { close(descriptor) }

    /// Sends a request and waits for its answer.
    /// - Throws: what the daemon refuses the request with, or `.notReady` when it does not answer in time.
    package mutating func call(
        _ method: ControlMethod, _ parameters: JSONValue = [:], timeout: Duration = .seconds(30)
    ) throws(ControlError) -> JSONValue {
        let id = nextID
        nextID += 1
        let deadline = MonotonicTime.now + timeout
        var bytes: [UInt8] = []
        ControlRequest(id: .integer(id), method: method.rawValue, parameters: parameters).json.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        try send(bytes, by: deadline)
        while true {
            switch try receive(by: deadline) {
            case .result(.integer(id), let result): return result
            case .error(let answered, let code, let message) where answered == .integer(id) || answered == .null:
                throw ControlError(ControlError.Code(rawValue: code) ?? .failed, message)
            case .result, .error, .notification: continue
            }
        }
    }

    /// Waits for the next notification, however long it takes.
    package mutating func notification() throws(ControlError) -> (method: String, parameters: JSONValue) {
        while true {
            switch try receive(by: nil) {
            case .notification(let method, let parameters): return (method, parameters)
            case .error(.null, let code, let message):
                throw ControlError(ControlError.Code(rawValue: code) ?? .failed, message)
            case .result, .error: continue
            }
        }
    }

    private mutating func receive(by deadline: MonotonicTime?) throws(ControlError) -> ControlResponse {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = received[..<end]
                defer { received.removeSubrange(...end) }
                guard let json = try? JSONValue(parsing: line), let response = ControlResponse(json) else {
                    throw ControlError(.failed, "what answers at \(path) is not a restyled daemon")
                }
                return response
            }
            try wait(for: Int16(POLLIN), until: deadline)
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw ControlClient.failure("recv", path) }
            guard count > 0 else { throw ControlError(.notReady, "the daemon has ended the connection") }
            received += chunk[..<count]
        }
    }

    private func send(_ bytes: [UInt8], by deadline: MonotonicTime) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            try wait(for: Int16(POLLOUT), until: deadline)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(
                    descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // The daemon may have said why before it ended the connection.
            if count < 0, errno == EPIPE || errno == ECONNRESET { return }
            guard count >= 0 else { throw ControlClient.failure("send", path) }
            sent += count
        }
    }

    private func wait(for events: Int16, until deadline: MonotonicTime?) throws(ControlError) {
        while true {
            var poll = pollfd(fd: descriptor, events: events, revents: 0)
            var milliseconds: Int32 = -1
            if let deadline {
                let left = (deadline - MonotonicTime.now).inNanoseconds
                guard left > 0 else { throw ControlError(.notReady, "the daemon at \(path) does not answer in time") }
                milliseconds = Int32(min(left / 1_000_000 + 1, 1_000_000))
            }
            let ready = Glibc.poll(&poll, 1, milliseconds)
            if ready > 0 { return }
            if ready < 0, errno != EINTR { throw ControlClient.failure("poll", path) }
        }
    }

    private static func failure(_ call: String, _ path: String) -> ControlError {
        switch errno {
        case ENOENT, ECONNREFUSED:
            ControlError(
                .notReady, "no daemon listens at \(path); start one with \"restyled serve\", or name its --socket")
        case EACCES, EPERM: ControlError(.notPermitted, "the daemon at \(path) is another user's")
        default: ControlError(.failed, "\(call) \(path): \(String(cString: strerror(errno)))")
        }
    }
}
