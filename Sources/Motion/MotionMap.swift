/// Where each pixel of the newest frame was in an older one, the key, over however many frames lie between, and how far
/// that is to be believed.
///
/// Flow is chained from frame to frame: large turns tear a flow measured straight to an old frame. What is chained is the
/// map, so the key itself is resampled only once. Confidence is Sundaram, Brox and Keutzer's forward-backward test (2010)
/// with Ruder's numbers (2016), made smooth, times how well the key's luma at the mapped place agrees with the frame's.
package struct MotionMap: ~Copyable {
    package let width: Int
    package let height: Int
    /// Per pixel: across and down, in pixels; the chain's confidence; that confidence times the luma's agreement.
    var places: Buffer<SIMD4<Float>>
    private var spare: Buffer<SIMD4<Float>>
    /// Frames since the key.
    package private(set) var age = 0

    package init(width: Int, height: Int) {
        (self.width, self.height) = (width, height)
        places = Buffer(width * height, repeating: SIMD4(0, 0, 1, 1))
        spare = Buffer(width * height, repeating: SIMD4(0, 0, 1, 1))
    }

    /// The newest frame is the key: every pixel is where it was.
    package mutating func reset() {
        places.fill(SIMD4(0, 0, 1, 1))
        age = 0
    }

    package mutating func copy(_ other: borrowing MotionMap) {
        places.copy(from: other.places)
        age = other.age
    }

    package func displacement(_ x: Int, _ y: Int) -> SIMD2<Float> {
        let place = places.base[y * width + x]
        return SIMD2(place.x, place.y)
    }

    package func confidence(_ x: Int, _ y: Int) -> Float { places.base[y * width + x].w }

    /// Of all pixels.
    package var meanConfidence: Float {
        var sum = SIMD4<Float>.zero
        for index in 0..<places.count { sum += places.base[index] }
        return sum.w / Float(places.count)
    }

    /// Goes on by one frame.
    /// - Parameters:
    ///   - forward: from the new frame to the one before.
    ///   - backward: from that one to the new.
    ///   - frame: the new frame's luma.
    ///   - key: the key's luma.
    package mutating func advance(
        _ forward: borrowing FlowField, _ backward: borrowing FlowField, frame: borrowing LumaPyramid,
        key: borrowing LumaPyramid
    ) {
        let (frame, key) = (frame.levels[0], key.levels[0])
        let (edgeX, edgeY) = (Float(width - 1), Float(height - 1))
        let (old, new, flows, returns) = (places.base, spare.base, forward.vectors.base, backward.vectors.base)
        for y in 0..<height {
            for x in 0..<width {
                let index = y &* width &+ x
                let flow = flows[index]
                let (toX, toY) = (Float(x) + flow.x, Float(y) + flow.y)
                let isInside = toX >= -0.5 && toY >= -0.5 && toX <= edgeX + 0.5 && toY <= edgeY + 0.5
                let (atX, atY) = (min(max(toX, 0), edgeX), min(max(toY, 0), edgeY))
                let back = returns.sample(atX, atY, width, height)
                var place = old.sample(atX, atY, width, height)
                let error = flow + back
                let bound = 0.01 * (flow.x * flow.x + flow.y * flow.y + back.x * back.x + back.y * back.y) + 0.5
                let ratio = (error.x * error.x + error.y * error.y) / bound
                // 1 up to half of the bound, 0 from one and a half times on.
                let agreement = min(max(1.5 - ratio, 0), 1)
                place.x += flow.x
                place.y += flow.y
                place.z *= isInside ? agreement : 0
                place.w = place.z * Self.likeness(frame, key, x, y, place)
                new[index] = place
            }
        }
        swap(&places, &spare)
        age += 1
    }

    /// 1 where the lumas around two places are alike, 0 where they are strangers; a change of all by a few levels counts
    /// little.
    @inline(__always) private static func likeness(
        _ frame: Plane, _ key: Plane, _ x: Int, _ y: Int, _ place: SIMD4<Float>
    ) -> Float {
        let atX = min(max(Float(x) + place.x, 0), Float(frame.width &- 1))
        let atY = min(max(Float(y) + place.y, 0), Float(frame.height &- 1))
        let (left, top) = (atX.cell, atY.cell)
        let (shareX, shareY) = (atX - Float(left), atY - Float(top))
        let pixel = key.base + (top &* key.stride &+ left)
        let upper = pixel[0] + shareX * (pixel[1] - pixel[0])
        let lower = pixel[key.stride] + shareX * (pixel[key.stride &+ 1] - pixel[key.stride])
        let difference = upper + shareY * (lower - upper) - frame.base[y &* frame.stride &+ x]
        // 1 / (1 + (d / 20)²)², near 1 for compression's noise and near 0 beyond 30 levels.
        let fall = 1 / (1 + difference * difference * (1 / 400))
        return fall * fall
    }
}
