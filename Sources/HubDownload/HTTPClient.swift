import Basics
import Dispatch
import Foundation

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// Blocking requests, one after another, whose bodies are handed on as they come.
///
/// URLSession, because it comes with the toolchain: a client on SwiftNIO would bring a TLS library to compile, which is
/// minutes of every first build. It knows the system's certificates and proxies.
///
/// `@unchecked Sendable`: a transfer's state is set before its task begins, touched on the session's own queue while it
/// runs, and read after the semaphore; one thread makes the requests.
final class HTTPClient: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    struct Response {
        let status: Int
        private let fields: [String: String]

        init(_ response: HTTPURLResponse) {
            status = response.statusCode
            fields = Dictionary(
                response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") },
                uniquingKeysWith: { first, _ in first })
        }

        subscript(field: String) -> String? { fields[field.lowercased()] }
    }

    private struct Transfer {
        let receive: (Response, Data) throws -> Void
        let finished = DispatchSemaphore(value: 0)
        var response: Response?
        var failure: (any Error)?
    }

    private static let maximumRedirects = 8
    private var transfer: Transfer?
    private var redirects = 0
    private var session: URLSession?

    /// - Parameter timeout: how long nothing may come.
    init(timeout: Duration = .seconds(60)) {
        super.init()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout.inSeconds
        configuration.urlCache = nil
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        session = URLSession(configuration: configuration, delegate: self, delegateQueue: queue)
    }

    /// The session holds its delegate until then.
    func close() { session?.invalidateAndCancel() }

    /// - Parameter receive: takes the body piece by piece, also that of an error; what it throws ends the request.
    /// - Throws: what `receive` throws, and `URLError` where no answer came, or not all of it.
    func get(
        _ url: URL, headers: [String: String], receive: @escaping (Response, Data) throws -> Void
    ) throws -> Response {
        var request = URLRequest(url: url)
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        transfer = Transfer(receive: receive)
        redirects = 0
        defer { transfer = nil }
        session?.dataTask(with: request).resume()
        transfer?.finished.wait()
        if let failure = transfer?.failure { throw failure }
        guard let response = transfer?.response else { throw URLError(.badServerResponse) }
        return response
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        transfer?.response = (response as? HTTPURLResponse).map(Response.init)
        completionHandler(transfer?.response == nil ? .cancel : .allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard let transfer, transfer.failure == nil, let response = transfer.response else { return }
        do {
            try transfer.receive(response, data)
        } catch {
            self.transfer?.failure = error
            dataTask.cancel()
        }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if transfer?.failure == nil { transfer?.failure = error }
        transfer?.finished.signal()
    }

    /// The token is the hub's alone: a server that it redirects to does not get it.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        redirects += 1
        guard let from = response.url, let to = request.url, redirects <= Self.maximumRedirects,
            to.scheme == "https" || to.scheme == "http" && from.scheme == "http"
        else { return completionHandler(nil) }
        var request = request
        if from.host() != to.host() || from.port != to.port {
            request.setValue(nil, forHTTPHeaderField: "Authorization")
        }
        completionHandler(request)
    }
}
