package import Media

/// A clip cut into units that are restyled one by one, on one machine or many, and joined.
package struct ClipPlan: Sendable, Equatable {
    /// The frames that are shown from one moment up to another.
    package struct Unit: Sendable, Equatable {
        /// In ticks of the source, from the start of what is read.
        package var from: Int64
        /// When the next unit begins; nil for the last.
        package var to: Int64?
        /// Frames, as far as their packets tell.
        package var frames: Int

        package init(from: Int64, to: Int64?, frames: Int) { (self.from, self.to, self.frames) = (from, to, frames) }
    }

    package let timeBase: Rational
    package let units: [Unit]
    /// Why the clip stays in one unit although more were asked for.
    package private(set) var note: String?

    package init(timeBase: Rational, units: [Unit]) { (self.timeBase, self.units) = (timeBase, units) }

    package enum Length: Sendable {
        case seconds(Rational)
        case count(Int)
    }

    /// Reads the packets of a clip and cuts at key frames, where decoding can begin, by when they are shown.
    /// - Parameter source: reads packets, and is at its end afterwards.
    package init(_ source: VideoSource, length: Length) throws {
        timeBase = source.info.timeBase
        var (times, keys, isTimed): ([Int64], [Int64], Bool) = ([], [], true)
        while let item = try source.next() {
            guard case .packet(let packet) = item, packet.streamIndex == source.videoIndex else { continue }
            guard let time = packet.shownAt else {
                isTimed = false
                times.append(times.last ?? 0)
                continue
            }
            times.append(time)
            // One that is shown before the pictures ahead of it is no place to cut at.
            if packet.isKey, time > keys.last ?? .min { keys.append(time) }
        }
        times.sort()
        guard isTimed, !source.hasJumps, let first = times.first, let last = times.last else {
            note = "the clip's timestamps are not whole, so it is one unit"
            units = [Unit(from: times.first ?? 0, to: nil, frames: times.count)]
            return
        }
        let span = (last - first).seconds(in: timeBase)
        let least: Rational =
            switch length {
            case .seconds(let seconds): seconds
            case .count(let count): Rational(span.numerator, span.denominator * Int64(max(count, 1)))
            }
        var starts = [first]
        for key in keys
        where key > first && (key - first).seconds(in: timeBase) >= least * Rational(Int64(starts.count)) {
            starts.append(key)
        }
        var index = 0
        units = starts.indices.map { unit in
            let end = unit + 1 < starts.count ? starts[unit + 1] : nil
            let begin = index
            while index < times.count, end.map({ times[index] < $0 }) ?? true { index += 1 }
            return Unit(from: starts[unit], to: end, frames: index - begin)
        }
    }
}
