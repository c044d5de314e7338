import Motion
import Testing

/// Against scenes whose motion is known, pixel by pixel.
@Suite struct FlowTests {
    struct Result {
        /// Mean distance from the true flow, where it exists, in pixels.
        var error: Float = 0
        /// Of the hidden pixels, how many are not believed; and of the visible ones, how many are.
        var hiddenFound: Float = 0
        var visibleKept: Float = 0
    }

    static func measure(_ scene: OracleScene) -> Result {
        var tracker = MotionTracker(forPicture: scene.width, scene.height)
        scene.first.view(scene) { tracker.advance(to: $0) }
        var track = tracker.makeTrack()
        tracker.start(&track)
        scene.second.view(scene) { tracker.advance(to: $0) }
        tracker.advance(&track)
        var result = Result()
        var (visible, hidden) = (Float(0), Float(0))
        for y in 0..<scene.height {
            for x in 0..<scene.width {
                let index = y * scene.width + x
                let isBelieved = track.map.confidence(x, y) > 0.5
                if scene.hidden[index] {
                    hidden += 1
                    result.hiddenFound += isBelieved ? 0 : 1
                } else {
                    let way = track.map.displacement(x, y) - scene.flow[index]
                    result.error += (way * way).sum().squareRoot()
                    visible += 1
                    result.visibleKept += isBelieved ? 1 : 0
                }
            }
        }
        result.error /= visible
        result.visibleKept /= visible
        result.hiddenFound /= hidden
        return result
    }

    @Test(arguments: [1, 2, 4, 8, 16, 24] as [Float]) func followsAScene(speed: Float) {
        let results = (0..<3).map { Self.measure(OracleScene(speed: speed, seed: 11 + $0)) }
        let mean = { (part: (Result) -> Float) in results.map(part).reduce(0, +) / Float(results.count) }
        #expect(mean(\.error) <= (speed <= 16 ? 0.035 * speed + 0.15 : 1.5))
        // What a slow sprite hides is a seam of a pixel, which half a pixel of tolerance does not tell from noise.
        if speed >= 16 { #expect(mean(\.hiddenFound) >= 0.9) }
        if speed == 8 { #expect(mean(\.hiddenFound) >= 0.8) }
        #expect(mean(\.visibleKept) >= 0.88)
    }

    @Test func aChangeOfBrightnessIsNotAMotion() {
        #expect(Self.measure(OracleScene(speed: 6, seed: 5, gain: 1.1)).error <= 0.4)
    }
}

extension [UInt8] {
    func view(_ scene: OracleScene, _ body: (PictureView) -> Void) {
        withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            body(PictureView(base, width: scene.width, height: scene.height))
        }
    }
}
