import Foundation
import Testing

@testable import Pipeline

@Suite struct ProgressTests {
    @Test func ratesFollowTheLastSeconds() {
        var meter = ProgressMeter(total: 1000)
        _ = meter.record(elapsed: .zero, frames: 0, position: .zero)
        for second in 1...20 { _ = meter.record(elapsed: .seconds(second), frames: second * 10, position: .zero) }
        var last = meter.record(elapsed: .seconds(21), frames: 210, position: .zero)
        #expect(abs(last.framesPerSecond - 10) < 1e-9)
        for second in 22...40 {
            last = meter.record(
                elapsed: .seconds(second), frames: 210 + (second - 21) * 30, position: .seconds(second))
        }
        #expect(abs(last.framesPerSecond - 30) < 1e-9)
        #expect(abs(last.speed - 1) < 1e-9)
        #expect(last.timeLeft.map { abs($0 / .seconds(1) - Double(1000 - last.frames) / 30) < 1e-9 } == true)
    }

    @Test func jsonIsOneLineWithTheDocumentedKeys() throws {
        let progress = Progress(frames: 3, total: nil, framesPerSecond: 1.5, speed: 0.05, timeLeft: nil)
        let object = try JSONSerialization.jsonObject(with: Data(progress.json.utf8)) as? [String: Any]
        #expect(Set(object?.keys ?? [:].keys) == ["frames", "total", "frames_per_second", "speed", "eta_seconds"])
        #expect(object?["total"] is NSNull)
        #expect(!progress.json.contains("\n"))
    }

    @Test func theBarFitsItsTerminal() {
        let progress = Progress(frames: 150, total: 300, framesPerSecond: 12.3, speed: 0.4, timeLeft: .seconds(3700))
        #expect(progress.bar(width: 100).contains("150/300"))
        #expect(progress.bar(width: 100).contains("1:01:40 left"))
        for width in 20...120 { #expect(progress.bar(width: width).count <= width) }
    }
}

@Suite struct BoundedQueueTests {
    @Test func holdsBackAndFinishes() async {
        let queue = BoundedQueue<Int>(capacity: 2)
        let producer = Thread {
            for number in 0..<1000 { _ = queue.put(number) }
            queue.finish()
        }
        producer.start()
        var received: [Int] = []
        while let number = queue.take() { received.append(number) }
        #expect(received == Array(0..<1000))
        #expect(queue.put(5) == false)
    }

    @Test func cancellingFreesBothSides() {
        let queue = BoundedQueue<Int>(capacity: 1)
        #expect(queue.put(1))
        queue.cancel()
        #expect(queue.put(2) == false)
        #expect(queue.take() == nil)
    }
}
