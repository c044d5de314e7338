/// The seats of a live stream: devices that each restyle one frame at a time, and the order in which their pictures come
/// out. Times are ns on the monotonic clock.
///
/// Frames are numbered as they are begun. A picture comes out at once if all frames before it have ended; if not, it waits
/// for them in the re-order window, at most as long as it took itself, and not for a frame that is expected later than that:
/// a slow device holds nothing up. One comes out between two ticks, so that no device works for nothing. A frame that is
/// older than what has come out is superseded.
struct Seats<Picture: Sendable>: Sendable {
    enum Phase: Sendable, Equatable {
        case free
        /// The frame's number, and when it was begun.
        case restyling(Int64, since: Int64)
        /// The stream gave the frame up while the device still had it.
        case abandoned
        /// It failed a moment ago; the others have the frames until then.
        case resting(until: Int64)
        /// Its device is lost to this process.
        case lost
    }

    struct Seat: Sendable, Equatable {
        var phase = Phase.free
        /// Frames that became a picture here.
        var restyled: Int64 = 0
        /// What the last frame took.
        var lastDuration: Int64?
    }

    /// What has become of a frame that a seat is through with.
    enum Outcome: Sendable, Equatable {
        case restyled
        /// A newer one has come out meanwhile.
        case superseded
        /// The stream gave it up before.
        case abandoned
    }

    private struct Waiting: Sendable {
        let number: Int64
        let picture: Picture
        /// How long it waits for those before it.
        let patience: Int64
    }

    /// How long a seat that failed leaves the frames to others.
    static var rest: Int64 { 1_000_000_000 }

    private(set) var seats: [Seat]
    private var nextNumber: Int64 = 0
    /// The newest that came out.
    private var newest: Int64 = -1
    /// What came out last has not been shown at a tick yet.
    private var isUnshown = false
    /// The re-order window, oldest first.
    private var window: [Waiting] = []

    init(count: Int) { seats = Array(repeating: Seat(), count: count) }

    /// Frames that are with a device and still wanted.
    var busy: Int { seats.count { if case .restyling = $0.phase { true } else { false } } }

    /// Seats that may take frames, now or later.
    var usable: Int { seats.count { $0.phase != .lost } }

    func isFree(_ seat: Int, at now: Int64) -> Bool {
        switch seats[seat].phase {
        case .free: true
        case .resting(let until): until <= now
        case .restyling, .abandoned, .lost: false
        }
    }

    func hasFree(at now: Int64) -> Bool { seats.indices.contains { isFree($0, at: now) } }

    /// Whether the seat is the one to take the next frame: it is free, and no faster one is.
    func mayBegin(_ seat: Int, at now: Int64) -> Bool {
        guard isFree(seat, at: now) else { return false }
        guard let mine = seats[seat].lastDuration else { return true }
        return !seats.indices.contains { other in
            other != seat && isFree(other, at: now) && seats[other].lastDuration.map { $0 < mine } ?? false
        }
    }

    /// When it ends its rest; nil where it does not rest.
    func endOfRest(_ seat: Int) -> Int64? {
        if case .resting(let until) = seats[seat].phase { until } else { nil }
    }

    /// Whether one is expected to be free then.
    func isLikelyFree(at time: Int64) -> Bool {
        seats.indices.contains { seat in
            if case .restyling(_, let since) = seats[seat].phase {
                since + (seats[seat].lastDuration ?? 0) <= time
            } else {
                isFree(seat, at: time)
            }
        }
    }

    // MARK: A frame's way

    mutating func begin(_ seat: Int, at now: Int64) {
        seats[seat].phase = .restyling(nextNumber, since: now)
        nextNumber += 1
    }

    /// The device has made its picture; `next` tells what comes out now.
    mutating func finish(_ seat: Int, _ picture: Picture, at now: Int64) -> Outcome {
        guard case .restyling(let number, let since) = seats[seat].phase else {
            seats[seat].phase = .free
            return .abandoned
        }
        seats[seat].phase = .free
        seats[seat].lastDuration = now - since
        guard number > newest else { return .superseded }
        seats[seat].restyled += 1
        let place = window.firstIndex { $0.number > number } ?? window.count
        window.insert(Waiting(number: number, picture: picture, patience: now + (now - since)), at: place)
        // The window is as small as can be: what is older than that will not be missed.
        while window.count > seats.count { newest = window.removeFirst().number }
        return .restyled
    }

    /// The device failed on its frame.
    /// - Returns: whether the frame was still wanted.
    mutating func fail(_ seat: Int, at now: Int64) -> Bool {
        defer { seats[seat].phase = usable > 1 ? .resting(until: now + Self.rest) : .free }
        if case .restyling = seats[seat].phase { return true }
        return false
    }

    /// Takes no more frames with this device, if there is another.
    /// - Returns: how many are left; 0 where this was the last, which goes on.
    mutating func lose(_ seat: Int) -> Int {
        guard usable > 1 else { return 0 }
        seats[seat].phase = .lost
        return usable
    }

    /// Gives up what the devices still have.
    /// - Returns: how many frames that were.
    mutating func abandonAll() -> Int64 {
        defer {
            for seat in seats.indices {
                if case .restyling = seats[seat].phase { seats[seat].phase = .abandoned }
            }
        }
        return Int64(busy)
    }

    // MARK: The order of pictures

    /// What comes out when a seat is through with a frame. Of several seats' pictures none takes the place of one that has
    /// not been shown; a single seat's newest does.
    mutating func next(at now: Int64) -> Picture? {
        if usable > 1 && isUnshown { return nil }
        return release(at: now)
    }

    /// What comes out at a tick; nil where the last picture that came out has yet to be shown, or nothing waits.
    mutating func tick(at now: Int64) -> Picture? {
        if isUnshown {
            isUnshown = false
            return nil
        }
        defer { isUnshown = false }
        return release(at: now)
    }

    private mutating func release(at now: Int64) -> Picture? {
        guard let first = window.first, !isWorthWaiting(for: first, at: now) else { return nil }
        window.removeFirst()
        (newest, isUnshown) = (first.number, true)
        return first.picture
    }

    /// Whether a frame before it is under way and expected in time.
    private func isWorthWaiting(for waiting: Waiting, at now: Int64) -> Bool {
        guard now < waiting.patience else { return false }
        return seats.contains { seat in
            guard case .restyling(let number, let since) = seat.phase, number < waiting.number else { return false }
            return since + (seat.lastDuration ?? 0) <= waiting.patience
        }
    }
}
