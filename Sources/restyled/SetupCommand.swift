import ArgumentParser
import Basics
import EngineSupport
import Foundation
import HubDownload

extension EnginePackage: ExpressibleByArgument {}

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Install what an engine needs, for this user or for the whole system.",
        discussion: """
            \(EnginePackage.allCases.map { "\($0.rawValue): \($0.product) \($0.version), for \($0.purpose)." }
                .joined(separator: "\n"))

            Downloads from PyPI, by the index that pip is set up for, checks what came, and goes on where an earlier run \
            stopped. Without a \
            network, --from names the folder of a file that was downloaded elsewhere.

            restyled setup openvino
            """)

    @Argument(help: "What to install: \(EnginePackage.allCases.map(\.rawValue).joined(separator: ", ")).")
    var engine: EnginePackage
    @Flag(help: "For every user and for the systemd service, in /usr/local/share/restyled; needs root.")
    var system = false
    @Option(
        help: ArgumentHelp(
            "Where the file is, in place of PyPI: a folder, or the address of one.", valueName: "place"),
        completion: .directory)
    var from: String?

    func run() throws {
        let terminal = Terminal()
        let folders = LibraryFolders(environment: ProcessInfo.processInfo.environment)
        let folder = system ? LibraryFolders.shared(engine.rawValue) : folders.own(engine.rawValue)
        let name = "\(engine.product) \(engine.version)"
        if FileManager.default.fileExists(atPath: "\(folder)/\(engine.metadataFolder)") {
            terminal.print("\(name) is installed already: \(folder)")
            return
        }
        guard let wheel = engine.wheel else {
            throw UsageError("there is no \(name) for this processor")
        }
        let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw HubError(
                .cannotWrite,
                "\(parent) can't be made: \(error.localizedDescription)" + (system ? "; --system needs root" : ""))
        }
        terminal.print("\(name): \(ModelsShowCommand.bytes(wheel.byteCount)) to download, to \(folder)")
        let archive = try fetch(wheel, into: parent, terminal)
        try unpack(archive, to: folder)
        terminal.print("\(name) is installed. restyled doctor shows what it finds on this machine.")
    }

    private func fetch(_ wheel: EnginePackage.Wheel, into parent: String, _ terminal: Terminal) throws -> String {
        let address: String
        if let from, from.hasPrefix("http://") || from.hasPrefix("https://") {
            address = from + (from.hasSuffix("/") ? "" : "/") + wheel.name
        } else if let from {
            // What a download that was interrupted at its very end would have left; it is checked all the same.
            let copy = "\(parent)/\(wheel.name).incomplete"
            try? FileManager.default.removeItem(atPath: copy)
            do { try FileManager.default.copyItem(atPath: "\(from)/\(wheel.name)", toPath: copy) } catch {
                throw HubError(.notFound, "\(from)/\(wheel.name) can't be copied: \(error.localizedDescription)")
            }
            address = "\(from)/\(wheel.name)"
        } else {
            address = try Self.address(of: engine)
        }
        guard let url = URL(string: address) else { throw UsageError("--from \(from ?? "") is not an address") }
        let reporter = PullReporter()
        defer { reporter.end() }
        let download = FileDownload(url, name: wheel.name, byteCount: wheel.byteCount, sha256: wheel.sha256)
        return try download.run(into: parent) {
            reporter.report(PullProgress(path: wheel.name, byteCount: $0, totalByteCount: wheel.byteCount))
        }
    }

    /// Where the index has the wheel. pip knows which index this user has set up, and asks for nothing but the address.
    private static func address(of engine: EnginePackage) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-m", "pip", "install", "--dry-run", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--ignore-installed", "--only-binary", ":all:", "--python-version", "3.11", "--implementation", "cp",
            "--platform", "manylinux_2_28_\(machine)", "--platform", "manylinux_2_35_\(machine)",
            "--target", FileManager.default.temporaryDirectory.path, "--report", "-", engine.requirement,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let report = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0,
            let address = (try? JSONValue(parsing: report, maximumDepth: 64))?["install"]?.array?.first?[
                "download_info"]?[
                    "url"]?.string
        else {
            throw HubError(
                .unreachable,
                "pip could not tell where \(engine.requirement) is; it takes python3-pip and the network, or "
                    + "--from with a folder that holds the file")
        }
        return address
    }

    #if arch(arm64)
        private static let machine = "aarch64"
    #else
        private static let machine = "x86_64"
    #endif

    /// Under another name until it is whole, so that half of it is not taken for an installation.
    private func unpack(_ archive: String, to folder: String) throws {
        let files = FileManager.default
        let partial = folder + ".partial"
        try? files.removeItem(atPath: partial)
        try files.createDirectory(atPath: partial, withIntermediateDirectories: true)
        // A wheel is a zip archive; which of the programs that read those is there depends on the distribution.
        let programs = [
            ["bsdtar", "-x", "-f", archive, "-C", partial], ["unzip", "-q", archive, "-d", partial],
            ["python3", "-m", "zipfile", "-e", archive, partial],
        ]
        guard let program = programs.first(where: { Self.isOnPath($0[0]) }) else {
            throw HubError(
                .cannotWrite, "no program that reads zip archives was found; install one: apt-get install unzip")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = program
        process.standardOutput = FileHandle.standardError
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            try? files.removeItem(atPath: partial)
            throw HubError(
                .cannotWrite, "\(archive) could not be unpacked to \(partial); is there room on the disk?")
        }
        try? files.removeItem(atPath: folder)
        try files.moveItem(atPath: partial, toPath: folder)
        try? files.removeItem(atPath: archive)
    }

    private static func isOnPath(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").contains {
            access("\($0)/\(program)", X_OK) == 0
        }
    }
}
