import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// A hub on this machine: the two routes that downloads need, with large files sent on to a second address, as the real
/// one sends them to its storage.
final class HubServer: Sendable {
    struct File {
        var bytes: [UInt8]
        /// Of large files.
        var sha256: String?
    }

    /// What goes wrong, and how often.
    enum Fault: Sendable {
        /// Answers with this status and code.
        case status(Int, code: String? = nil)
        /// Hangs up after so many bytes of a body.
        case cut(after: Int)
        /// One bit of every body is another.
        case damage
        /// Sends whole files, whatever range is asked for.
        case ignoresRanges
        /// Says of its files that they are so large.
        case boasts(Int)
    }

    struct Request: Sendable {
        let isStorage: Bool
        let path: String
        let range: String?
        let authorization: String?
    }

    private struct State {
        var files: [String: File]
        var fault: Fault?
        var faultsLeft = 0
        var requests: [Request] = []
        var ports = (hub: 0, storage: 0)
    }

    static let commit = "0123456789abcdef0123456789abcdef01234567"
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let state: Mutex<State>

    /// - Parameter files: of the one model, OWNER/NAME, that is there.
    init(_ files: [String: File]) async throws {
        state = Mutex(State(files: files))
        let ports = (hub: try await bind(isStorage: false), storage: try await bind(isStorage: true))
        state.withLock { $0.ports = ports }
    }

    func stop() async throws { try await group.shutdownGracefully() }

    var address: URL {
        get throws { try #require(URL(string: "http://127.0.0.1:\(state.withLock { $0.ports.hub })")) }
    }
    var requests: [Request] { state.withLock { $0.requests } }

    func fail(_ fault: Fault?, times: Int = .max) {
        state.withLock { ($0.fault, $0.faultsLeft, $0.requests) = (fault, times, []) }
    }

    private func bind(isStorage: Bool) async throws -> Int {
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(HubHandler(server: self, isStorage: isStorage))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return try #require(channel.localAddress?.port)
    }

    // MARK: Answers

    struct Answer {
        var status = HTTPResponseStatus.ok
        var headers = HTTPHeaders()
        var body: [UInt8] = []
        /// The connection ends after so many bytes of the body.
        var cut: Int?
    }

    func answer(_ head: HTTPRequestHead, isStorage: Bool) -> Answer {
        state.withLock { state in
            state.requests.append(
                Request(
                    isStorage: isStorage, path: head.uri, range: head.headers.first(name: "Range"),
                    authorization: head.headers.first(name: "Authorization")))
            let isListing = head.uri.hasPrefix("/api/")
            let name = head.uri.split(separator: "/").suffix(2).joined(separator: "/")
            let isSentOn = !isStorage && state.files[name]?.sha256 != nil
            // Bodies are damaged where they are; statuses are the hub's.
            var fault: Fault? =
                switch state.fault {
                case .status?: isStorage ? nil : state.fault
                case .cut?, .damage?, .ignoresRanges?: isListing || isSentOn ? nil : state.fault
                case .boasts?: isListing ? state.fault : nil
                case nil: nil
                }
            if fault != nil {
                if state.faultsLeft == 0 { fault = nil } else { state.faultsLeft -= 1 }
            }
            if case .status(let status, let code)? = fault {
                var answer = Answer(status: HTTPResponseStatus(statusCode: status))
                if let code { answer.headers.add(name: "X-Error-Code", value: code) }
                return answer
            }
            if isListing { return Self.listing(head.uri, state.files, fault) }
            return Self.file(head, state.files, isStorage, state.ports.storage, fault)
        }
    }

    private static func listing(_ uri: String, _ files: [String: File], _ fault: Fault?) -> Answer {
        guard uri.hasPrefix("/api/models/owner/name/revision/") else {
            return Answer(status: .unauthorized, headers: ["X-Error-Code": "RepoNotFound"])
        }
        let revision = uri.dropFirst("/api/models/owner/name/revision/".count).prefix { $0 != "?" }
        guard ["main", "refs%2Fpr%2F1", commit[...]].contains(revision), uri.hasSuffix("?blobs=true") else {
            return Answer(status: .notFound, headers: ["X-Error-Code": "RevisionNotFound"])
        }
        let siblings = files.sorted { $0.key < $1.key }.map { path, file in
            var size = file.bytes.count
            if case .boasts(let bytes)? = fault { size = bytes }
            let large = file.sha256.map { ",\"lfs\":{\"sha256\":\"\($0)\",\"size\":\(size),\"pointerSize\":134}" } ?? ""
            let blob = String(repeating: "a", count: 32) + String(10_000_000 + path.count * 31 + file.bytes.count)
            return "{\"rfilename\":\"\(path)\",\"size\":\(size),\"blobId\":\"\(blob)\"\(large)}"
        }
        let text = "{\"id\":\"owner/name\",\"sha\":\"\(commit)\",\"siblings\":[\(siblings.joined(separator: ","))]}"
        return Answer(body: Array(text.utf8))
    }

    private static func file(
        _ head: HTTPRequestHead, _ files: [String: File], _ isStorage: Bool, _ storage: Int, _ fault: Fault?
    ) -> Answer {
        let prefix = isStorage ? "/stored/" : "/owner/name/resolve/\(commit)/"
        guard head.uri.hasPrefix(prefix), let file = files[String(head.uri.dropFirst(prefix.count))] else {
            return Answer(status: .notFound, headers: ["X-Error-Code": "EntryNotFound"])
        }
        if file.sha256 != nil, !isStorage {
            let place = "http://127.0.0.1:\(storage)/stored/\(head.uri.dropFirst(prefix.count))"
            return Answer(status: .found, headers: ["Location": place])
        }
        var answer = Answer(body: file.bytes)
        let bounds = head.headers.first(name: "Range")?.dropFirst("bytes=".count).split(separator: "-").compactMap {
            Int($0)
        }
        if let bounds, bounds.count == 2, bounds[0] < file.bytes.count {
            if case .ignoresRanges? = fault { return answer }
            answer.status = .partialContent
            answer.body = Array(file.bytes[bounds[0]...min(bounds[1], file.bytes.count - 1)])
        }
        switch fault {
        case .cut(let count)?: answer.cut = count
        case .damage? where !answer.body.isEmpty: answer.body[answer.body.count / 2] ^= 1
        default: break
        }
        return answer
    }
}
