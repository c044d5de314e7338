import Foundation
import TestTools
import Testing

/// Tests/chaos/run: all faults at once, in an order that follows from a seed.
@Suite struct ChaosTests {
    @Test(.enabled(if: isFull, "not clean for minutes yet: run Tests/chaos/run, or set RESTYLED_TEST_ALL=1"))
    func everythingAtOnce() throws {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "\(repository)/Tests/chaos/run")
        // It looks for what no seed has shown yet, and says which one it was.
        process.arguments = ["--seconds", "600", "--restyled", ServedDaemon.program.path]
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.runUnblocked()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
