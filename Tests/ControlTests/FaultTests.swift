import Basics
import Control
import Foundation
import Glibc
import Settings
import TestTools
import Testing

private let status = #"{"jsonrpc":"2.0","id":1,"method":"status"}"#

/// What clients do wrong, by accident or not. After each, the daemon answers a new client within 100 ms.
@Suite(.serialized) struct FaultTests {
    /// The best of three, because the machine that runs the tests has other things to do.
    private func expectPromptAnswer(_ path: String, _ comment: Comment? = nil) throws {
        var best = Double.infinity
        for _ in 0..<3 where best >= 0.1 {
            let start = MonotonicTime.now
            let answer = try RawClient(path).ask(status)
            best = min(best, (MonotonicTime.now - start).inSeconds)
            #expect(answer?["result"]?["state"] == "running", comment)
        }
        #expect(best < 0.1, comment)
    }

    @Test func malformedLines() async throws {
        try await withServer { path in
            let client = try RawClient(path)
            let cases: [(String, Int64)] = [
                ("{", -32700), ("nonsense", -32700), ("\u{0}", -32700), (#"{"a":1,"a":2}"#, -32700), ("[]", -32600),
                (#"[{"jsonrpc":"2.0","id":1,"method":"hello"}]"#, -32600), ("1", -32600), ("{}", -32600),
                (#"{"jsonrpc":"1.0","id":1,"method":"hello"}"#, -32600),
                (#"{"jsonrpc":"2.0","id":{},"method":"hello"}"#, -32600),
                (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
                (#"{"jsonrpc":"2.0","id":1,"method":"hello","x":1}"#, -32600),
                (#"{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}"#, -32600),
                (#"{"jsonrpc":"2.0","id":1,"method":"system.exec"}"#, -32601),
                (String(repeating: "[", count: 5000), -32700),
                (#"{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"prompt":"\u0000"}}"#, -32700),
                (#"{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"strength":1e999}}"#, -32700),
            ]
            for (line, code) in cases {
                let answer = client.ask(line)
                #expect(answer?["error"]?["code"]?.integer == code, "\(line.prefix(60))")
                #expect(answer?["error"]?["message"]?.string?.isEmpty == false)
            }
            // The connection is still good, blank lines and CR LF are no offence, a notification gets no answer.
            client.send("\n\r\n" + #"{"jsonrpc":"2.0","method":"settings.set","params":{"strength":0.9}}"# + "\n")
            #expect(client.ask(status + "\r")?["result"]?["streams"]?.array?[0]["settings_version"] == 2)
            try expectPromptAnswer(path)
        }
    }

    @Test func randomBytes() async throws {
        try await withServer { path in
            var random = SystemRandomNumberGenerator()
            for _ in 0..<(isFull ? 2000 : 50) {
                let client = try RawClient(path)
                client.send(
                    (0..<Int.random(in: 1...3000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
                    })
            }
            try expectPromptAnswer(path)
        }
    }

    @Test func anEndlessLineEndsTheConnection() async throws {
        try await withServer { path in
            let client = try RawClient(path)
            let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 65536)
            var sent = 0
            while sent < 100 << 20, client.send(chunk) { sent += chunk.count }
            #expect(sent < 4 << 20)
            let answer = client.line().flatMap { try? JSONValue(parsing: $0) }
            #expect(answer?["error"]?["code"] == -32004)
            #expect(client.line() == nil)
            try expectPromptAnswer(path)
        }
    }

    @Test func aLineAtTheLimitIsTaken() async throws {
        try await withServer { path in
            let client = try RawClient(path)
            let padding = String(repeating: " ", count: ControlLimits().lineLength - status.utf8.count)
            #expect(client.ask(status + padding)?["result"] != nil)
            #expect(client.ask(status + padding + " ")?["error"]?["code"] == -32004)
        }
    }

    /// Byte by byte and many at once come to the same.
    @Test func linesInPieces() async throws {
        try await withServer { path in
            let client = try RawClient(path)
            for byte in (status + "\n").utf8 { client.send([byte]) }
            #expect(client.line() != nil)
            client.send(String(repeating: status + "\n", count: 500))
            for index in 0..<500 { #expect(client.line() != nil, "answer \(index)") }
        }
    }

    @Test func aReaderThatNeverReads() async throws {
        var limits = ControlLimits()
        limits.readingPatience = 0.5
        try await withServer(limits: limits) { path in
            let deaf = try RawClient(path)
            var patience = timeval(tv_sec: 0, tv_usec: 200_000)
            setsockopt(deaf.descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            // It stops being read once its answers pile up, so the daemon's memory is bounded and so is what it can send.
            var sent = 0
            let describe = Array(
                String(repeating: #"{"jsonrpc":"2.0","id":1,"method":"settings.describe"}"# + "\n", count: 100).utf8)
            while sent < 64 << 20, deaf.send(describe) {
                sent += describe.count
                try expectPromptAnswer(path)
            }
            #expect(sent < 8 << 20)
            usleep(1_000_000)
            #expect(!deaf.send(describe), "its connection has ended")
            try expectPromptAnswer(path)
        }
    }

    @Test func anObserverThatNeverReadsMissesChangesAndHoldsNobodyUp() async throws {
        let target = FakeTarget()
        let sets = isFull ? 100_000 : 3000
        try await withServer(target) { path in
            let observer = try RawClient(path)
            #expect(observer.ask(#"{"jsonrpc":"2.0","id":1,"method":"settings.observe"}"#)?["result"]?["version"] == 1)
            for index in 0..<sets {
                target.stores["main"]?.apply(try SettingsChange(assignments: ["seed=\(index)"]))
                if index % 1000 == 0 { try expectPromptAnswer(path) }
            }
            // Now it reads: increasing versions, and the last of all.
            var version: Int64 = 1
            while version < Int64(sets) + 1 {
                let note = try #require(observer.line().flatMap { try? JSONValue(parsing: $0) })
                #expect(note["method"] == "settings.changed")
                let told = try #require(note["params"]?["version"]?.integer)
                #expect(told > version)
                version = told
            }
        }
    }

    @Test func observingCanBeEnded() async throws {
        let target = FakeTarget()
        try await withServer(target) { path in
            let client = try RawClient(path)
            _ = client.ask(#"{"jsonrpc":"2.0","id":1,"method":"settings.observe"}"#)
            target.stores["main"]?.apply(try SettingsChange(assignments: ["seed=5"]))
            #expect(client.line()?.contains(#""method":"settings.changed""#) == true)
            _ = client.ask(#"{"jsonrpc":"2.0","id":2,"method":"settings.observe","params":{"enabled":false}}"#)
            target.stores["main"]?.apply(try SettingsChange(assignments: ["seed=6"]))
            #expect(client.ask(status)?["result"] != nil)
        }
    }

    @Test func manySets() async throws {
        let target = FakeTarget()
        let sets = isFull ? 100_000 : 5000
        try await withServer(target) { path in
            let client = try RawClient(path)
            let start = MonotonicTime.now
            let sender = Thread { [descriptor = client.descriptor] in
                for index in 0..<sets {
                    let set = #"{"jsonrpc":"2.0","id":\#(index),"method":"settings.set","params":{"seed":\#(index)}}"#
                    _ = RawClient.send(Array((set + "\n").utf8), to: descriptor)
                }
            }
            sender.start()
            for index in 0..<sets {
                let answer = client.line().flatMap { try? JSONValue(parsing: $0) }
                try #require(
                    answer?["id"]?.integer == Int64(index) && answer?["result"]?["seed"]?.integer == Int64(index))
                if index % 2000 == 0 { try expectPromptAnswer(path) }
            }
            // 1000 at once, then 5000 a second.
            #expect((MonotonicTime.now - start).inSeconds > Double(sets - 1000) / 5000 * 0.95)
            #expect(target.stores["main"]?.target.version == Int64(sets) + 1)
        }
    }

    @Test func manyClients() async throws {
        let count = isFull ? 1000 : 400
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        try await withServer { path in
            var clients: [RawClient] = []
            for index in 0..<count {
                let client = try RawClient(path)
                #expect(client.ask(status)?["result"] != nil, "client \(index)")
                clients.append(client)
            }
            try expectPromptAnswer(path)
            // The newest are there; the eldest were told why they had to go.
            #expect(clients[count - 1].ask(status)?["result"] != nil)
            #expect(clients[0].line()?.contains("-32005") == true)
            #expect(clients[0].line() == nil)
            clients = []
            try expectPromptAnswer(path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count <= descriptors + 4)
    }

    /// Whoever keeps asking is not the one to go.
    @Test func aBusyClientOutlivesSilentOnes() async throws {
        var limits = ControlLimits()
        limits.clients = 3
        try await withServer(limits: limits) { path in
            let busy = try RawClient(path)
            var silent: [RawClient] = []
            for _ in 0..<10 {
                #expect(busy.ask(status)?["result"] != nil)
                let client = try RawClient(path)
                #expect(client.ask(status)?["result"] != nil)
                silent.append(client)
            }
            #expect(busy.ask(status)?["result"] != nil)
        }
    }

    @Test func slowRequestsAreLimitedAndHoldNobodyUp() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        try await withServer(FakeTarget(gate: gate)) { path in
            let client = try RawClient(path)
            for id in 1...4 { client.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"snapshot"}"# + "\n") }
            #expect(client.ask(#"{"jsonrpc":"2.0","id":5,"method":"snapshot"}"#)?["error"]?["code"] == -32003)
            #expect(client.ask(status)?["result"] != nil)
            opening.finish()
            for _ in 1...4 { #expect(client.line()?.contains("iVBORw==") == true) }
        }
    }

    /// As `printf … | socat - UNIX-CONNECT:…` does.
    @Test func aClientThatOnlySendsIsStillAnswered() async throws {
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        try await withServer(FakeTarget(gate: gate)) { path in
            let client = try RawClient(path)
            client.send(status + "\n" + #"{"jsonrpc":"2.0","id":2,"method":"snapshot"}"# + "\n")
            client.finishSending()
            #expect(client.line() != nil)
            opening.finish()
            #expect(client.line()?.contains("iVBORw==") == true)
            #expect(client.line() == nil)
        }
    }
}
