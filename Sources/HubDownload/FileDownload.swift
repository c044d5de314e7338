package import Foundation
import Glibc

#if canImport(FoundationNetworking)
    internal import FoundationNetworking
#endif

/// Downloads one file whose size and checksum are known beforehand; goes on where an earlier run stopped, and gives the
/// file its name only when it is whole.
package struct FileDownload: Sendable {
    private static let retryPauses: [Double] = [1, 3, 9]

    private let url: URL
    private let file: HubFile

    /// - Parameters:
    ///   - name: the file's, in the folder.
    ///   - sha256: lower-case hexadecimal.
    package init(_ url: URL, name: String, byteCount: Int, sha256: String) {
        self.url = url
        file = HubFile(path: name, byteCount: byteCount, etag: name, sha256: sha256)
    }

    /// - Parameters:
    ///   - folder: is there already.
    ///   - progress: takes the bytes that are there by now; called from the network's thread.
    /// - Returns: the file's path.
    /// - Throws: `HubError`: unreachable, damaged, or no place to write to.
    package func run(into folder: String, progress: @escaping @Sendable (Int) -> Void = { _ in }) throws -> String {
        let path = "\(folder)/\(file.path)"
        var status = stat()
        if stat(path, &status) == 0, Int(status.st_size) == file.byteCount { return path }
        let blob = SharedBlob(try BlobFile(file, in: folder))
        let http = HTTPClient()
        defer { http.close() }
        var failures = 0
        while blob.byteCount < file.byteCount {
            let before = blob.byteCount
            do {
                try fetch(from: before, with: http) { offset, data in
                    try blob.write(data, at: offset)
                    progress(blob.byteCount)
                }
                guard blob.byteCount > before else {
                    throw unreachable("ended at byte \(before) of \(file.byteCount)")
                }
                failures = 0
            } catch let error as HubError where error.code == .unreachable {
                if blob.byteCount > before { failures = 0 }
                guard failures < Self.retryPauses.count else { throw error }
                Thread.sleep(forTimeInterval: Self.retryPauses[failures])
                failures += 1
            }
        }
        try blob.finish()
        return path
    }

    private func fetch(from offset: Int, with http: HTTPClient, _ receive: @escaping (Int, Data) throws -> Void) throws
    {
        var position = offset
        let response: HTTPClient.Response
        do {
            let headers = ["User-Agent": "restyled", "Accept-Encoding": "identity", "Range": "bytes=\(offset)-"]
            response = try http.get(url, headers: headers) { response, data in
                guard response.status == 200 || response.status == 206 else { return }
                // A server that sends the whole file whatever is asked for.
                if response.status == 200, position == offset { position = 0 }
                try receive(position, data)
                position += data.count
            }
        } catch let error as URLError {
            throw unreachable("could not be downloaded: \(error.localizedDescription)")
        }
        guard [200, 206].contains(response.status) else {
            let message = "\(url.absoluteString): the server answered with status \(response.status)"
            throw response.status == 404
                ? HubError(.notFound, message) : HubError(.unreachable, message + "; run the command again later")
        }
    }

    private func unreachable(_ what: String) -> HubError {
        HubError(
            .unreachable,
            "\(file.path) \(what); check the network and https_proxy, and run the command again, which goes on where it "
                + "stopped")
    }
}
