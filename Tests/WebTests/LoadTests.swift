import Basics
import Control
import Foundation
import Glibc
import Settings
import Synchronization
import TestTools
import Testing
import Web

/// Clients that send too much, too slowly, too often, or do not read.
@Suite(.serialized) struct LoadTests {
    /// Resident memory of this process, bytes.
    private static func memory() -> Int {
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")[1]
        return (pages.flatMap { Int($0) } ?? 0) * 4096
    }

    @Test func requestsAreTheControlSockets() async throws {
        try await Site.serve { (site: Site) throws in
            let viewer = try site.viewer()
            let set = viewer.ask(#"{"jsonrpc":"2.0","id":1,"method":"settings.set","params":{"prompt":"snow"}}"#)
            #expect(set?["result"]?["prompt"]?.string == "snow")
            #expect(site.target.store.target.settings.prompt.description == "snow")
            let wrong = viewer.ask(#"{"jsonrpc":"2.0","id":2,"method":"settings.set","params":{"strength":2}}"#)
            #expect(wrong?["error"]?["code"]?.integer == -32602)
            #expect(viewer.ask("{")?["error"]?["code"]?.integer == -32700)
            let unknown = viewer.ask(
                #"{"jsonrpc":"2.0","id":3,"method":"preview.start","params":{"stream":"main","width":1e9}}"#)
            #expect(unknown?["error"]?["code"]?.integer == -32602)
        }
    }

    @Test func aMessageThatIsTooLongEndsWith1009() async throws {
        var limits = ControlLimits()
        limits.lineLength = 4096
        try await Site.serve(control: limits) { (site: Site) throws in
            let oversized = try site.viewer()
            // What it says it will send is enough; a gigabyte need not come.
            oversized.sendFrame(1, [], length: 1 << 30)
            #expect(oversized.closeCode() == 1009)
            let endless = try site.viewer()
            endless.sendFrame(1, Array(repeating: 0x20, count: 1000), isLast: false)
            for _ in 0..<10 { endless.sendFrame(0, Array(repeating: 0x20, count: 1000), isLast: false) }
            #expect(endless.closeCode() == 1009)
            let crumbs = try site.viewer()
            crumbs.sendFrame(1, [], isLast: false)
            for _ in 0..<1000 { crumbs.sendFrame(0, [], isLast: false) }
            #expect(crumbs.closeCode() == 1009)
            let binary = try site.viewer()
            binary.sendFrame(2, [1, 2, 3])
            #expect(binary.closeCode() == 1003)
            #expect(try site.status("/", site.good) == 200)
        }
    }

    @Test func aHeadThatIsTooLongIsRefused() async throws {
        try await Site.serve { (site: Site) throws in
            let client = try RawClient(site.port)
            client.send("GET / HTTP/1.1\r\nHost: \(site.host)\r\nX: ")
            for _ in 0..<200 where !client.send(Array(repeating: 0x61, count: 4096)) { break }
            #expect(client.ends())
            #expect(try site.status("/", site.good) == 200)
        }
    }

    @Test func oneByteAfterAnother() async throws {
        var limits = WebLimits()
        (limits.patience, limits.pingInterval) = (1, 0.5)
        try await Site.serve(limits: limits) { (site: Site) throws in
            let client = try RawClient(site.port)
            let began = MonotonicTime.now
            for byte in "GET / HTTP/1.1\r\nHost: \(site.host)\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyy".utf8 {
                guard client.send([byte]) else { break }
                usleep(100_000)
                if MonotonicTime.now - began > .seconds(3) { break }
            }
            #expect(RawClient.status(String(decoding: client.rest(), as: UTF8.self)) == 408)
            // Within a message, a viewer that answers no ping is gone.
            let viewer = try site.viewer()
            viewer.send([0x81, 0xFE, 0x10, 0x00, 0, 0, 0, 0])
            for _ in 0..<20 where !viewer.send([0x20]) { break }
            #expect(viewer.closeCode() == 1001)
        }
    }

    @Test func manyConnections() async throws {
        var limits = WebLimits()
        limits.unanswered = 8
        try await Site.serve(limits: limits) { (site: Site) throws in
            var clients: [RawClient] = []
            for _ in 0..<(isFull ? 1000 : 200) { clients.append(try RawClient(site.port)) }
            // The owner still gets in, and the oldest had to go.
            #expect(try site.status("/", site.good) == 200)
            #expect(clients[0].ends())
        }
    }

    @Test func viewersAreCounted() async throws {
        var limits = WebLimits()
        limits.viewers = 3
        try await Site.serve(limits: limits) { (site: Site) throws in
            var viewers = try (0..<3).map { _ in try site.viewer() }
            #expect((try? site.viewer()) == nil)
            #expect(try site.status("/socket", site.good + Site.upgrade) == 503)
            #expect(try site.status("/stream.mjpeg", site.good) == 503)
            viewers.removeLast()
            let due = MonotonicTime.now + .seconds(5)
            while (try? site.viewer()) == nil {
                try #require(MonotonicTime.now < due)
                usleep(10_000)
            }
        }
    }

    private static let start =
        #"{"jsonrpc":"2.0","id":1,"method":"preview.start","params":{"stream":"main","rate":30}}"#

    @Test func atMostTwoPicturesAreUnseen() async throws {
        try await Site.serve { (site: Site) throws in
            let viewer = try site.viewer()
            #expect(viewer.ask(Self.start)?["result"] != nil)
            for _ in 0..<2 { #expect(viewer.frame()?.opcode == 2) }
            usleep(300_000)
            #expect(site.target.made.withLock { $0 } == 2)
            viewer.sendFrame(1, Array(#"{"jsonrpc":"2.0","method":"preview.seen","params":{"serial":1000}}"#.utf8))
            let next = viewer.frame()
            // The newest, and not the one after those it had.
            let serial = next?.data[8..<16].reduce(0) { $0 << 8 | Int($1) } ?? 0
            #expect(serial > 20, "\(serial)")
        }
    }

    @Test func aPictureIsMadeOnceForAll() async throws {
        try await Site.serve { (site: Site) throws in
            let viewers = try (0..<4).map { _ in try site.viewer() }
            for viewer in viewers { #expect(viewer.ask(Self.start)?["result"] != nil) }
            for viewer in viewers { for _ in 0..<2 { #expect(viewer.frame()?.opcode == 2) } }
            #expect(site.target.made.withLock { $0 } < 8)
        }
    }

    /// With nobody there nothing is made.
    @Test func withoutAViewerNothingIsDone() async throws {
        try await Site.serve { (site: Site) throws in
            _ = try site.status("/", site.good)
            #expect(site.target.made.withLock { $0 } == 0)
            do {
                let viewer = try site.viewer()
                #expect(viewer.ask(Self.start)?["result"] != nil)
                #expect(viewer.frame()?.opcode == 2)
            }
            usleep(300_000)
            let made = site.target.made.withLock { $0 }
            usleep(300_000)
            #expect(site.target.made.withLock { $0 } == made)
        }
    }

    @Test func aViewerThatNeverReads() async throws {
        var limits = WebLimits()
        (limits.pingInterval, limits.patience) = (isFull ? 15 : 0.5, isFull ? 10 : 1)
        try await Site.serve(FakeTarget(size: 1 << 20), limits: limits) { (site: Site) throws in
            let viewer = try site.viewer()
            viewer.sendFrame(1, Array(Self.start.utf8))
            let player = try RawClient(site.port)
            player.send(
                "GET /stream.mjpeg HTTP/1.1\r\n" + (site.good + ["", ""]).joined(separator: "\r\n"))
            usleep(200_000)
            let before = Self.memory()
            // Both are sent pictures of a megabyte for as long as they are there.
            let due = MonotonicTime.now + (isFull ? .seconds(600) : .seconds(3))
            while MonotonicTime.now < due { usleep(50_000) }
            let growth = Self.memory() - before
            #expect(growth < 32 << 20, "memory grew by \(growth) bytes")
            // Neither has a place any more.
            #expect(viewer.ends() && player.ends())
            #expect(try site.status("/", site.good) == 200)
        }
    }

    @Test func theSnapshotSaysWhatMadeIt() async throws {
        try await Site.serve { (site: Site) throws in
            var change = SettingsChange()
            try change.set("prompt", parsing: "a city of glass")
            site.target.store.apply(change)
            let answer = try site.get("/snapshot.png", site.good)
            #expect(RawClient.status(answer) == 200 && answer.contains("Content-Type: image/png"))
            #expect(answer.contains("iTXtprompt") && answer.contains("a city of glass"))
            #expect(try site.status("/snapshot.png?stream=other", site.good) == 404)
        }
    }
}
