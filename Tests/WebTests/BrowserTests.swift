import Foundation
import Testing

/// The page in a real browser, driven as a user would: Browser/page.py says what it does.
@Suite(.serialized) struct BrowserTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let axe = repository.appending(path: ".build/axe/axe_core_python/axe.min.js")
    private static let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appending(path: "restyled")
    private static let isPossible =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver")
        && (try? Self.run("/usr/bin/python3", ["-c", "import selenium"]))?.status == 0

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let (process, pipe) = (Process(), Pipe())
        (process.executableURL, process.arguments) = (URL(filePath: program), arguments)
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    @Test(
        .enabled(if: isPossible, "a browser is missing: examples/setup chromium chromium-driver python3-selenium"),
        .timeLimit(.minutes(4)))
    func whatAUserDoes() throws {
        var arguments = [
            Self.repository.appending(path: "Tests/WebTests/Browser/page.py").path, "--restyled", Self.program.path,
            "--model", Self.repository.appending(path: "Tests/Fixtures/models/sd-kl").path,
        ]
        if FileManager.default.fileExists(atPath: Self.axe.path) { arguments += ["--axe", Self.axe.path] }
        let result = try Self.run("/usr/bin/python3", arguments)
        #expect(result.status == 0, "\(result.output)")
        // It ran to its end.
        #expect(result.output.contains("ok: and pictures come"), "\(result.output)")
    }
}
