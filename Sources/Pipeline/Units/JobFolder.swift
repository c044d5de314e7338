import Basics
import Glibc
import SystemPackage

/// A clip's work folder: what is to be done, and a file for each unit that is there and sound, or is not there.
///
/// `job.json` is the manifest. Unit 7 is `7.video`, its coded pictures, and `7.json`, what is known of them; the second
/// comes after the first, and each is complete under its name. `7.progress.json` tells how far it is, `7.error.json` why
/// it failed last.
package struct JobFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package func video(_ unit: Int) -> String { "\(path)/\(unit).video" }
    private func record(_ unit: Int) -> String { "\(path)/\(unit).json" }
    private func progress(_ unit: Int) -> String { "\(path)/\(unit).progress.json" }
    private func failure(_ unit: Int) -> String { "\(path)/\(unit).error.json" }
    /// A name for this process's unfinished pictures of a unit, which another may be making as well.
    package func unfinished(_ unit: Int) -> String { "\(path)/\(unit).\(Self.host).\(getpid()).part" }

    package static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: The manifest

    package func manifest() throws -> JobManifest {
        do {
            return try JobManifest(JSONValue(parsing: try Files.read("\(path)/job.json", limit: 64 << 20)))
        } catch let error as Files.Failure {
            throw error.errno == .noSuchFileOrDirectory
                ? JobError(.missing, "\(path) is not a job folder: it has no job.json; `restyled plan` makes one")
                : JobError(.unreadable, "\(path)/job.json: \(error)")
        } catch let error as JSONError {
            throw JobError(.damaged, "\(path)/job.json is damaged: \(error.message); remove the folder and plan again")
        }
    }

    /// Makes the folder, with the manifest in it from its first moment.
    package func make(_ manifest: JobManifest) throws {
        let temporary = "\(path).\(getpid()).new"
        guard mkdir(temporary, 0o777) == 0 else { throw Self.systemError(temporary) }
        do {
            try write("\(temporary)/job.json", manifest.json)
            guard rename(temporary, path) == 0 else { throw Self.systemError(path) }
        } catch {
            unlink("\(temporary)/job.json")
            rmdir(temporary)
            throw error
        }
        Files.synchronizeFolder(of: path)
    }

    package var exists: Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Removes what a job has made, and nothing that it has not.
    package func remove() {
        for name in contents where Self.isOwn(name) { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private var contents: [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }

    private static func isOwn(_ name: String) -> Bool {
        name == "job.json" || name == "lock" || name.hasPrefix("film") || name.hasPrefix("film")
            || name.hasSuffix(".new") && name.hasPrefix("job.json")
            || (name.first?.isNumber ?? false)
                && [".json", ".video", ".part", ".new"].contains { name.hasSuffix($0) }
    }

    /// Holds the folder for a run that does all its units; the system lets go of it when the process ends.
    package func lock() throws {
        let file = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw Self.systemError("\(path)/lock") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw JobError(.busy, "another run is at work on \(path); wait for it, or end it")
        }
        // What earlier runs left unfinished is of no use to anyone.
        for name in contents where name.hasSuffix(".part") || name.hasSuffix(".new") {
            unlink("\(path)/\(name)")
        }
    }

    /// Puts a finished file under its name, for good.
    package static func publish(_ path: String, as final: String) throws {
        do { try Files.synchronize(path) } catch { throw JobError(.unwritable, "\(path): \(error)") }
        guard rename(path, final) == 0 else { throw systemError(final) }
        Files.synchronizeFolder(of: final)
    }

    // MARK: Units

    /// What is known of a unit that is done; nil where it is not there or not sound, and is to be made again.
    package func record(of unit: Int, isChecked: Bool = true) -> UnitRecord? {
        guard let bytes = try? Files.read(record(unit), limit: 16 << 20),
            let json = try? JSONValue(parsing: bytes), let record = UnitRecord(json)
        else { return nil }
        guard record.frames > 0 else { return record }
        if isChecked { return try? Files.identity(video(unit)) == record.identity ? record : nil }
        var status = stat()
        return stat(video(unit), &status) == 0 && status.st_size == record.bytes ? record : nil
    }

    /// Puts a unit's finished pictures under its name, and then what is known of them.
    package func finish(_ unit: Int, _ record: UnitRecord) throws {
        var record = record
        if record.frames > 0 {
            let part = unfinished(unit)
            do { try Files.synchronize(part) } catch { throw JobError(.unwritable, "\(part): \(error)") }
            var status = stat()
            guard stat(part, &status) == 0 else { throw Self.systemError(part) }
            record.bytes = Int(status.st_size)
            do { record.identity = try Files.identity(part) } catch { throw JobError(.unreadable, "\(part): \(error)") }
            guard rename(part, video(unit)) == 0 else { throw Self.systemError(video(unit)) }
        }
        try write(self.record(unit), record.json)
        unlink(progress(unit))
        unlink(failure(unit))
    }

    package func report(_ unit: Int, _ progress: UnitProgress) { try? write(self.progress(unit), progress.json) }
    package func progress(of unit: Int) -> UnitProgress? {
        guard let bytes = try? Files.read(progress(unit), limit: 1 << 20), let json = try? JSONValue(parsing: bytes)
        else { return nil }
        return UnitProgress(json)
    }

    package func fail(_ unit: Int, _ sentence: String) {
        unlink(progress(unit))
        try? write(failure(unit), ["error": .string(sentence), "host": .string(Self.host)])
    }
    package func failure(of unit: Int) -> (sentence: String, host: String)? {
        guard let bytes = try? Files.read(failure(unit), limit: 1 << 20), let json = try? JSONValue(parsing: bytes)
        else { return nil }
        return (json["error"]?.string ?? "", json["host"]?.string ?? "")
    }

    private func write(_ path: String, _ json: JSONValue) throws {
        do { try Files.replace(path, with: Array(json.text.utf8)) } catch {
            throw JobError(error.errno == .noSpace ? .diskFull : .unwritable, "\(path): \(error)")
        }
    }

    private static func systemError(_ path: String) -> JobError {
        JobError(
            errno == ENOSPC || errno == EDQUOT ? .diskFull : .unwritable, "\(path): \(String(cString: strerror(errno)))"
        )
    }
}

package struct JobError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        case missing, unreadable, unwritable, diskFull, damaged, badOption
        /// Options or the input are not those that the job was planned with.
        case differs
        /// Units are missing, or somebody else is at work: worth another try.
        case incomplete, busy
    }
    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) { (self.code, self.description) = (code, description) }
}
