import Foundation

/// Two frames of a scene that was made here, so that every pixel's motion and every hidden pixel is known: a picture like
/// a photograph under a homography, two sprites with their own motion over it.
struct OracleScene {
    let width = 320
    let height = 180
    var first: [UInt8]
    var second: [UInt8]
    /// For each pixel of the second frame, where it was in the first, less where it is.
    var flow: [SIMD2<Float>]
    /// Pixels of the second frame that the first one does not show.
    var hidden: [Bool]

    struct Sprite {
        var center: SIMD2<Float>
        var radius: SIMD2<Float>
        var motion: SIMD2<Float>
        var texture: Texture

        func covers(_ point: SIMD2<Float>, shifted: SIMD2<Float>) -> Bool {
            let way = (point - center - shifted) / radius
            return (way * way).sum() <= 1
        }
    }

    /// - Parameters:
    ///   - speed: pixels a frame, of the sprites; the background goes half as fast the other way, turning and growing.
    ///   - noise: standard deviation, in levels.
    ///   - gain: of the second frame's brightness.
    init(speed: Float, seed: UInt64, noise: Float = 2, gain: Float = 1) {
        var random = SplitMix(seed)
        let background = Texture(seed: random.next())
        let angle = Float.pi * 2 * random.uniform()
        let direction = SIMD2(cos(angle), sin(angle))
        let sprites = [
            Sprite(
                center: SIMD2(110, 80), radius: SIMD2(34, 28), motion: direction * speed,
                texture: Texture(seed: random.next())),
            Sprite(
                center: SIMD2(215, 105), radius: SIMD2(26, 40), motion: SIMD2(-direction.y, direction.x) * speed,
                texture: Texture(seed: random.next())),
        ]
        let homography = Homography(
            shift: direction * (-0.5 * speed), turn: 0.002 * speed / 2, scale: 1 + 0.001 * speed,
            perspective: SIMD2(2e-6, -1e-6) * speed, center: SIMD2(Float(width) / 2, Float(height) / 2))
        flow = []
        hidden = []
        first = []
        second = []
        for y in 0..<height {
            for x in 0..<width {
                let point = SIMD2(Float(x), Float(y))
                // The sprites are above the background, the second above the first.
                let old = sprites.last { $0.covers(point, shifted: .zero) }
                let under = old.map { $0.texture.colour(point - $0.center) } ?? background.colour(point)
                first += Self.pixel(under, noise, &random)
                let index = sprites.lastIndex { $0.covers(point, shifted: $0.motion) }
                let source: SIMD2<Float>
                if let index {
                    let sprite = sprites[index]
                    source = point - sprite.motion
                    second += Self.pixel(sprite.texture.colour(source - sprite.center) * gain, noise, &random)
                    hidden.append(sprites.lastIndex { $0.covers(source, shifted: .zero) } != index)
                } else {
                    source = homography.apply(point)
                    second += Self.pixel(background.colour(source) * gain, noise, &random)
                    hidden.append(sprites.contains { $0.covers(source, shifted: .zero) })
                }
                let isInside =
                    source.x >= 0 && source.y >= 0 && source.x <= Float(width - 1)
                    && source.y <= Float(height - 1)
                if !isInside { hidden[hidden.count - 1] = true }
                flow.append(source - point)
            }
        }
    }

    private static func pixel(_ colour: SIMD3<Float>, _ noise: Float, _ random: inout SplitMix) -> [UInt8] {
        (0..<3).map { UInt8(max(0, min(255, colour[$0] + noise * random.normal() + 0.5))) }
    }
}

/// From a point of the second frame to one of the first.
struct Homography {
    let shift: SIMD2<Float>
    let turn: Float
    let scale: Float
    let perspective: SIMD2<Float>
    let center: SIMD2<Float>

    func apply(_ point: SIMD2<Float>) -> SIMD2<Float> {
        let p = point - center
        let (c, s) = (scale * cos(turn), scale * sin(turn))
        let turned = SIMD2(c * p.x - s * p.y, s * p.x + c * p.y) + shift
        return turned / (1 + (perspective * p).sum()) + center
    }
}

/// Like a photograph: six octaves of smooth noise, each with a colour and the weight that pictures of the world have, and
/// a few hard edges. A function of the place, so it can be shown from anywhere without resampling.
struct Texture {
    private let seeds: [UInt64]
    private let colours: [SIMD3<Float>]

    init(seed: UInt64) {
        var random = SplitMix(seed)
        seeds = (0..<7).map { _ in random.next() }
        colours = (0..<7).map { _ in
            SIMD3(0.6 + random.uniform(), 0.6 + random.uniform(), 0.6 + random.uniform())
        }
    }

    func colour(_ point: SIMD2<Float>) -> SIMD3<Float> {
        var sum = SIMD3<Float>(repeating: 128)
        var size: Float = 64
        for octave in 0..<6 {
            sum += colours[octave] * (size.squareRoot() * 7 * Self.noise(point / size, seeds[octave]))
            size /= 2
        }
        // Plates with edges: the sign of a smooth function.
        let plate = Self.noise(point / 28, seeds[6])
        return sum + colours[6] * (22 * max(-1, min(1, plate * 24)))
    }

    /// -1 … 1, smooth, of unit cells.
    private static func noise(_ point: SIMD2<Float>, _ seed: UInt64) -> Float {
        let cell = point.rounded(.down)
        let t = point - cell
        let s = t * t * (3 - 2 * t)
        let (x, y) = (Int32(cell.x), Int32(cell.y))
        func value(_ x: Int32, _ y: Int32) -> Float {
            var random = SplitMix(seed ^ (UInt64(UInt32(bitPattern: x)) << 32 | UInt64(UInt32(bitPattern: y))))
            _ = random.next()
            return 2 * random.uniform() - 1
        }
        let upper = value(x, y) + s.x * (value(x + 1, y) - value(x, y))
        let lower = value(x, y + 1) + s.x * (value(x + 1, y + 1) - value(x, y + 1))
        return upper + s.y * (lower - upper)
    }
}

/// splitmix64: numbers that are the same on every run.
struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 … 1
    mutating func uniform() -> Float { Float(next() >> 40) / Float(1 << 24) }

    mutating func normal() -> Float {
        let sum = (0..<6).reduce(Float(0)) { sum, _ in sum + uniform() }
        return (sum - 3) * 1.414
    }
}
