import Basics
import Glibc
import Media
import Settings

/// What happens on an output's own thread: it opens the output, again and again if need be, and writes what it was offered.
extension LiveOutput {
    /// What its thread does next.
    private enum Step {
        case write(Offer, [PassedPacket])
        case prepare(LivePicture)
        case finish
    }

    /// What is being written into: a connection, or one file of several.
    fileprivate struct Writing {
        let sink: VideoSink
        let serial: Int64
        /// FFmpeg's names by the source's stream.
        let codecs: [Int: String]
        var notes: Int
        /// The time that is 0 in it, and when the next one is begun, monotonic ns; nil before its first picture.
        var zero: Int64?
        var end: Int64?
        var lastSerial: Int64?
        /// When the next picture is due, and how long the last one took to prepare, ns.
        var nextTick: Int64?
        var preparing: Int64 = 0
    }

    func run() {
        var backoff = ReconnectBackoff()
        var names = NumberedPath(target.address)
        var mayOverwrite = target.overwrites
        while let (source, rate) = awaitSource() {
            let interruption = Interruption()
            state.withLockNotifying { state in
                state.interruption = interruption
                if state.isStopping { interruption.cancel() }
            }
            var sink: VideoSink?
            do {
                var writing = try open(source, rate, &names, overwriting: mayOverwrite, interruption)
                sink = writing.sink
                mayOverwrite = false
                backoff.opened(at: monotonicNow())
                report(.outputOpened(target.name))
                reportNotes(of: &writing)
                if try write(&writing) { continue }
                return end()
            } catch {
                sink?.abort()
                if isStopping { return end() }
                wait(after: "\(error)", &backoff)
            }
        }
        end()
    }

    // MARK: Opening

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func awaitSource() -> (SourceInfo, Rational)? {
        state.wait { state in
            if state.isStopping { return .done(nil) }
            return state.source.map { .done(($0, state.rate)) } ?? .retry(at: nil)
        }
    }

    private func open(
        _ source: SourceInfo, _ rate: Rational, _ names: inout NumberedPath, overwriting: Bool,
        _ interruption: Interruption
    ) throws -> Writing {
        var options = Self.options(target, rate: rate, timeout: timeout)
        options.overwrites = overwriting || !isFile
        let address = isFile && !overwriting ? names.next() : target.address
        let sink = try VideoSink(address, from: source, options, interruption: interruption)
        sink.useMask(try mask?.image(width: sink.width, height: sink.height))
        let serial = state.withLockNotifying { state in
            // Stopped while it was being opened: nothing was offered yet, so there is nothing to finish. The next file
            // of several is open all the time.
            if case .connecting = state.phase {
                state.phase = .up
                state.connections += 1
            }
            state.ready = nil
            state.sinks += 1
            return state.sinks
        }
        return Writing(
            sink: sink, serial: serial,
            codecs: Dictionary(uniqueKeysWithValues: source.streams.map { ($0.index, $0.codec) }), notes: 0)
    }

    private func wait(after reason: String, _ backoff: inout ReconnectBackoff) {
        let now = monotonicNow()
        let retry = backoff.failed(at: now)
        lose(reason)
        report(.outputLost(target.name, reason: reason, retryIn: .nanoseconds(retry - now)))
        state.wait { state in
            if case .connecting = state.phase { state.phase = .connecting(reason: reason) }
            return state.isStopping || monotonicNow() >= retry ? .done(()) : .retry(at: retry)
        }
    }

    /// The output broke: what waits for it is lost as well.
    private func lose(_ reason: String) {
        state.withLockNotifying { state in
            state.counters.countDropped(.outputDown, Int64(state.offers.count + (state.isWriting ? 1 : 0)))
            state.offers.removeAll()
            (state.upcoming, state.ready) = (nil, nil)
            state.packets.removeAll()
            state.isWriting = false
            if case .up = state.phase { state.phase = .connecting(reason: reason) }
        }
    }

    private func end() {
        lose("ended")
        state.withLockNotifying { state in
            state.phase = .ended
            state.interruption = nil
        }
    }

    // MARK: Writing

    /// Writes until the output is to end, or the next file is due.
    /// - Returns: whether to open the next.
    private func write(_ writing: inout Writing) throws -> Bool {
        var hasJustWritten = false
        while true {
            switch nextStep(freeUntil: hasJustWritten ? nil : writing.freeUntil) {
            case .finish:
                try writing.sink.finish()
                reportNotes(of: &writing)
                return false
            case .prepare(let picture):
                hasJustWritten = false
                let prepared = try losing { try prepare(picture, &writing) }
                state.withLock { $0.ready = prepared }
            case .write(let offer, let packets):
                try losing { try write(offer, packets, &writing) }
                hasJustWritten = true
                if let end = writing.end, offer.time + offer.duration >= end, !isStopping {
                    try writing.sink.finish()
                    reportNotes(of: &writing)
                    return true
                }
            }
        }
    }

    /// - Parameter freeUntil: when there is no more time to prepare a picture, monotonic ns; nil: there is time.
    private func nextStep(freeUntil: Int64?) -> Step {
        state.wait { state in
            if !state.offers.isEmpty {
                let offer = state.offers.removeFirst()
                state.isWriting = true
                defer { state.packets.removeAll(keepingCapacity: true) }
                return .done(.write(offer, state.packets))
            }
            if state.isStopping { return .done(.finish) }
            if state.upcoming?.serial == state.ready?.live.serial { state.upcoming = nil }
            if let upcoming = state.upcoming, monotonicNow() <= freeUntil ?? .max {
                state.upcoming = nil
                return .done(.prepare(upcoming))
            }
            return .retry(at: nil)
        }
    }

    private func prepare(_ picture: LivePicture, _ writing: inout Writing) throws -> PreparedPicture {
        let began = monotonicNow()
        let prepared = try picture.picture.prepared(for: writing.sink)
        writing.preparing = monotonicNow() - began
        return PreparedPicture(live: picture, picture: prepared, sink: writing.serial)
    }

    private func write(_ offer: Offer, _ packets: [PassedPacket], _ writing: inout Writing) throws {
        writing.nextTick = offer.time + offer.duration
        let zero = writing.zero ?? beginning(of: writing.sink, at: offer.time)
        if writing.zero == nil {
            let longest = writing.sink.longestSpan.map { zero + $0.inNanoseconds }
            writing.end = [target.segment.map { offer.time + $0.inNanoseconds }, longest].compactMap(\.self).min()
        }
        writing.zero = zero
        var prepared = offer.prepared
        if prepared?.sink != writing.serial {
            prepared = try prepare(offer.picture, &writing)
            state.withLock { $0.ready = $0.ready ?? prepared }
        }
        guard let prepared else { return }
        for passed in packets
        where passed.time >= zero && writing.codecs[passed.packet.streamIndex] == passed.codec {
            try writing.sink.write(passed.packet.placed(at: Rational(passed.time - zero, 1_000_000_000)))
        }
        try writing.sink.write(
            prepared.picture, pts: ticks(offer.time - zero), duration: ticks(offer.duration))
        let isRepeat = offer.picture.serial == writing.lastSerial
        writing.lastSerial = offer.picture.serial
        state.withLockNotifying { state in
            state.isWriting = false
            state.counters.countWritten(isRepeat: isRepeat)
        }
        if !isRepeat, let captured = offer.picture.captured { shown(captured, offer.time) }
    }

    /// What is 0 in an output whose first picture is due at `time`: for a file that picture, for everything else the same
    /// on every connection, as far as the format's timestamps reach.
    private func beginning(of sink: VideoSink, at time: Int64) -> Int64 {
        if isFile { return time }
        return epoch + (sink.longestSpan.map { (time - epoch) / $0.inNanoseconds * $0.inNanoseconds } ?? 0)
    }

    private func losing<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch {
            lose("\(error)")
            throw error
        }
    }

    /// What the sink has said since the last time.
    private func reportNotes(of writing: inout Writing) {
        for note in writing.sink.notes.dropFirst(writing.notes) { report(.note("\(target.name): \(note)")) }
        writing.notes = writing.sink.notes.count
    }

    private func ticks(_ nanoseconds: Int64) -> Int64 {
        Rational(nanoseconds, 1_000_000_000).ticks(of: Self.timeBase)
    }

    /// A pipe whose reader pauses is waited for: giving up would tear its stream. A connection may be dead.
    private var timeout: Duration? { target.address.contains("://") ? .seconds(10) : nil }

    /// A file keeps what was written into it: whatever comes later goes into another.
    private var isFile: Bool {
        if target.address == "-" || target.address.hasPrefix("pipe:") || target.address.contains("://") { return false }
        var status = stat()
        return stat(target.address, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }
}

extension LiveOutput.Writing {
    /// Twice what the last picture took to prepare, and a little, because the machine has other work as well.
    fileprivate var freeUntil: Int64? { nextTick.map { $0 - 2 * preparing - 2_000_000 } }
}
