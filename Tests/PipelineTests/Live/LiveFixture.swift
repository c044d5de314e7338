import Basics
import Foundation
import Glibc
import Media
import Settings
import Synchronization

@testable import Pipeline

/// A folder, a stream in it and the programs around it.
final class LiveFixture: Sendable {
    /// Every count in full when RESTYLED_TEST_ALL is set, else a sample.
    static let isFull = ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] == "1"

    let folder: String
    let events = Mutex<[LiveEvent]>([])
    let transition: Mutex<Transition>

    init(rate: Int32 = 30) throws {
        // As the program does at its start.
        signal(SIGPIPE, SIG_IGN)
        folder = NSTemporaryDirectory() + "restyled-live-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var settings = StreamSettings()
        settings.frameRate = .constant(numerator: rate, denominator: 1)
        transition = Mutex(Transition(settings))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    func set(_ key: String, _ value: String) throws {
        var change = SettingsChange()
        try change.set(key, parsing: value)
        transition.withLock { $0.apply(change, over: .zero, at: .now) }
    }

    func stream(
        _ input: InputConfiguration, _ outputs: [OutputConfiguration],
        restyler: any FrameRestyler = InvertingRestyler(), turn: ModelTurn = ModelTurn(), mask: Mask? = nil,
        epoch: Int64 = monotonicNow(), timeouts: StreamMachine.Timeouts = StreamMachine.Timeouts()
    ) -> LiveStream {
        LiveStream(
            name: "test", input: input, outputs: outputs, stage: FrameStage(restyler, turn: turn), mask: mask,
            epoch: epoch, timeouts: timeouts,
            settings: { [self] time in transition.withLock { $0.snapshot(at: time) } },
            report: { [self] event in events.withLock { $0.append(event) } })
    }

    /// A TCP port that nobody listens on.
    static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// ffmpeg's test picture as a capture command, on its own clock.
    static func testPicture(size: String = "64x48", rate: Int = 30, seconds: Double = 600) -> [String] {
        [
            "ffmpeg", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=\(size):rate=\(rate)", "-t",
            "\(seconds)",
            "-f", "nut", "-c:v", "rawvideo", "-",
        ]
    }

    /// Looks at the stream every 20 ms until it is as wanted; its counters must be right each time.
    /// - Throws: `TimeIsOver` when it is not so in time.
    @discardableResult
    static func wait(
        _ seconds: Double, for stream: LiveStream, until isReached: (StreamStatus) -> Bool
    ) throws -> StreamStatus {
        let due = monotonicNow() + Int64(seconds * 1e9)
        while true {
            let status = stream.status
            guard status.countersAgree else { throw Unbalanced(status: status) }
            if isReached(status) { return status }
            if monotonicNow() >= due { throw TimeIsOver(seconds: seconds, status: status) }
            usleep(20_000)
        }
    }

    struct Unbalanced: Error, CustomStringConvertible {
        let status: StreamStatus
        var description: String {
            "the counters are wrong: \(status.counters), held \(status.held); \(status.outputs)"
        }
    }

    struct TimeIsOver: Error, CustomStringConvertible {
        let seconds: Double
        let status: StreamStatus
        var description: String {
            "not as wanted after \(seconds) s: \(status.state), \(status.counters), \(status.outputs)"
        }
    }
}
