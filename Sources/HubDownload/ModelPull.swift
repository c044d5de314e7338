package import Basics
import Foundation
import Glibc
package import Weights

/// Downloads a model into the Hugging Face cache, in the layout of huggingface_hub, so that every tool finds it there:
/// blobs by their checksums, snapshots of links to them, refs to snapshots.
package struct ModelPull: Sendable {
    private let endpoint: HubEndpoint
    private let cache: HubCache
    private let repository: String
    private let revision: String
    /// How often a file is asked for again without a single byte coming, and the first pause in seconds.
    private let retries: (count: Int, pause: Double)

    /// - Parameter name: OWNER/NAME or OWNER/NAME@REVISION.
    package init(
        _ name: String, from endpoint: HubEndpoint, into cache: HubCache, retries: (count: Int, pause: Double) = (5, 1)
    ) throws {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard HubCache.isRepository(parts[0]), parts.last?.isEmpty == false else {
            throw HubError(
                .notFound, "'\(name)' is not a model's name; those are OWNER/NAME, such as stabilityai/sdxl-turbo")
        }
        (self.endpoint, self.cache, self.retries) = (endpoint, cache, retries)
        repository = parts[0]
        revision = parts.count > 1 ? parts[1] : "main"
    }

    /// Files that are whole are left alone; one that was begun goes on where it stopped.
    /// - Parameters:
    ///   - paths: files by name; none for those that restyled opens the model from.
    ///   - progress: called on this thread and on others, one at a time.
    /// - Returns: the snapshot's folder.
    package func run(
        _ paths: [String] = [], progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) throws -> String {
        let client = HubClient(endpoint, repository: repository)
        let listing = try client.listing(revision: revision)
        let files = paths.isEmpty ? try listing.needed(of: repository) : try listing.named(paths, of: repository)
        let folder = "\(cache.folder)/models--\(repository.split(separator: "/").joined(separator: "--"))"
        let blobs = folder + "/blobs"
        try makeFolder(blobs)
        // By its size, because a machine that lost power may have kept the name and not the content.
        let isWhole = { (file: HubFile) in Self.size("\(blobs)/\(file.etag)") == file.byteCount }
        try requireRoom(for: files.filter { !isWhole($0) }, in: blobs)

        let total = files.reduce(0) { $0 + $1.byteCount }
        var done = 0
        for file in files {
            if !isWhole(file) {
                let before = done
                try download(file, listing.commit, client, into: blobs) {
                    progress(PullProgress(path: file.path, byteCount: before + $0, totalByteCount: total))
                }
            }
            done += file.byteCount
            try link(file, listing.commit, in: folder)
            progress(PullProgress(path: file.path, byteCount: done, totalByteCount: total))
        }
        if revision != listing.commit { try write(listing.commit, to: "\(folder)/refs/\(try referenceName())") }
        return "\(folder)/snapshots/\(listing.commit)"
    }

    private func download(
        _ file: HubFile, _ commit: String, _ client: borrowing HubClient, into blobs: String,
        progress: @escaping (Int) -> Void
    ) throws {
        let blob = SharedBlob(try BlobFile(file, in: blobs))
        var failures = 0
        while blob.byteCount < file.byteCount {
            let before = blob.byteCount
            do {
                try client.bytes(of: file, commit: commit, from: before) { offset, data in
                    try blob.write(data, at: offset)
                    progress(blob.byteCount)
                }
                guard blob.byteCount > before else {
                    throw HubError(.unreachable, "\(file.path) ended at byte \(before) of \(file.byteCount)")
                }
                failures = 0
            } catch let error as HubError where error.code == .unreachable && failures < retries.count {
                failures = blob.byteCount > before ? 0 : failures + 1
                Thread.sleep(forTimeInterval: retries.pause * Double(1 << failures))
            }
        }
        try blob.finish()
    }

    private func requireRoom(for files: [HubFile], in blobs: String) throws {
        let needed = files.reduce(0) { sum, file in
            sum + max(file.byteCount - (Self.size("\(blobs)/\(file.etag).incomplete") ?? 0), 0)
        }
        var information = statvfs()
        guard statvfs(blobs, &information) == 0 else { throw BlobFile.error(blobs) }
        let free = Int(information.f_bavail) * Int(information.f_frsize)
        guard needed <= free else {
            throw HubError(
                .cannotWrite,
                "\(blobs): \(needed >> 20) MiB are to be downloaded and the disk has room for \(free >> 20) MiB; make room, "
                    + "or set HF_HOME to a larger one")
        }
    }

    private static func size(_ path: String) -> Int? {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : nil
    }

    /// A link beside its neighbours, as huggingface_hub makes them: relative, so that the cache can be moved.
    private func link(_ file: HubFile, _ commit: String, in folder: String) throws {
        let path = "\(folder)/snapshots/\(commit)/\(file.path)"
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        let depth = file.path.split(separator: "/").count
        let target = String(repeating: "../", count: depth + 1) + "blobs/\(file.etag)"
        unlink(path)
        guard symlink(target, path) == 0 else { throw BlobFile.error(path) }
    }

    /// Branches may have '/' in their names.
    private func referenceName() throws -> String {
        guard
            revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
                !["", ".", ".."].contains($0)
            })
        else { throw HubError(.notFound, "\(repository) has no revision '\(revision)'") }
        return revision
    }

    private func write(_ text: String, to path: String) throws {
        try makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw HubError(.cannotWrite, "\(path) could not be written: \(error.localizedDescription)")
        }
    }

    private func makeFolder(_ path: String) throws {
        var parent = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            parent += "/" + component
            guard mkdir(parent, 0o755) == 0 || errno == EEXIST || errno == EISDIR else { throw BlobFile.error(parent) }
        }
    }
}

/// How far a download is.
package struct PullProgress: Sendable {
    /// The file that is being downloaded.
    package let path: String
    /// Of all files, what was there before included.
    package let byteCount: Int
    package let totalByteCount: Int

    package init(path: String, byteCount: Int, totalByteCount: Int) {
        (self.path, self.byteCount, self.totalByteCount) = (path, byteCount, totalByteCount)
    }
}

/// Why a model could not be downloaded, in a sentence that says what to do about it.
package struct HubError: ErrorWithExitStatus, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// No such model, revision or file on the hub.
        case notFound
        /// The hub asks for a token, or for its terms to be accepted.
        case notPermitted
        /// The hub, or the network on the way, does not answer; another try may do.
        case unreachable
        /// What came is not what the hub promised.
        case malformed
        /// The disk is full, or the cache may not be written to.
        case cannotWrite
        /// Another process is at the same file.
        case busy
    }
    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }
    package var description: String { message }

    package var exitStatus: ExitStatus {
        switch code {
        case .notFound: .noInput
        case .notPermitted: .permission
        case .unreachable, .busy: .temporary
        case .malformed: .data
        case .cannotWrite: .inputOutput
        }
    }
}
