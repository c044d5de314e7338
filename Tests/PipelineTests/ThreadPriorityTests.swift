import Foundation
import Testing

@testable import Pipeline

@Suite struct ThreadPriorityTests {
    /// What the kernel says of the thread that asks.
    struct Standing {
        let name: String
        let niceness: Int
    }

    /// The calling thread's.
    static func standing() throws -> Standing {
        let stat = try String(contentsOfFile: "/proc/thread-self/stat", encoding: .utf8)
        // The name is in parentheses, and may hold any character; niceness is the 19th field (proc_pid_stat(5)).
        let (open, close) = (try #require(stat.firstIndex(of: "(")), try #require(stat.lastIndex(of: ")")))
        let fields = stat[close...].split(separator: " ")
        return Standing(name: String(stat[stat.index(after: open)..<close]), niceness: try #require(Int(fields[17])))
    }

    /// A new thread's.
    static func standing(_ name: String, _ priority: ThreadPriority) async throws -> Standing {
        try await withCheckedThrowingContinuation { continuation in
            startThread(name, priority) { continuation.resume(with: Result { try standing() }) }
        }
    }

    @Test func aThreadHasItsNameAndGivesWay() async throws {
        let own = try Self.standing().niceness
        let standing = try await Self.standing("a long name of a thread", .model)
        #expect(standing.name == "a long name of ")
        #expect(standing.niceness == Int(ThreadPriority.model.niceness) || own > standing.niceness)
    }

    /// Whether or not the thread that starts it is through with starting it.
    @Test func everyThreadHasItsName() async throws {
        for _ in 0..<2000 { #expect(try await Self.standing("named", .model).name == "named") }
    }

    /// Without the right to more, it stays as urgent as the process is.
    @Test func aThreadThatAsksForMoreRuns() async throws {
        let own = try Self.standing().niceness
        let standing = try await Self.standing("clock", .clock)
        #expect(standing.name == "clock")
        #expect([own, Int(ThreadPriority.clock.niceness)].contains(standing.niceness))
    }
}
