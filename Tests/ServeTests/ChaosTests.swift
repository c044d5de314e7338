import Foundation
import Testing

/// Tests/chaos/run: all faults at once, in an order that follows from a seed.
@Suite struct ChaosTests {
    @Test func everythingAtOnce() throws {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "\(repository)/Tests/chaos/run")
        // The full count looks for what no seed has shown yet, and says which one it was.
        let length = isFull ? ["--seconds", "600"] : ["--seconds", "10", "--seed", "1"]
        process.arguments = length + ["--restyled", ServedDaemon.program.path]
        process.standardInput = FileHandle.nullDevice
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.runUnblocked()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }
}
