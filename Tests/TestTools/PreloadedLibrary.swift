import Foundation

/// The C files of Tests/Preload, compiled to stand between a program and the system.
package enum PreloadedLibrary {
    /// Whether there is a C compiler.
    package static let isPossible = (try? run(["cc", "--version"])) != nil

    /// - Returns: what `LD_PRELOAD` takes.
    package static func make(_ name: String, in folder: String) throws -> String {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Preload/\(name).c").path
        let library = "\(folder)/\(name).so"
        try run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source])
        return library
    }

    private static func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
