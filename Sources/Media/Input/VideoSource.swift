import CFFmpeg
import Glibc

/// An input, open: its video decoded to upright frames in presentation order, and the packets of its other streams in
/// between, as the file has them.
///
/// `@unchecked Sendable`: one thread at a time calls `next`; `cancel` alone may be called from any.
package final class VideoSource: @unchecked Sendable {
    package enum Item: Sendable {
        case frame(Frame)
        /// Of the stream `info.streams` lists under `Packet.streamIndex`.
        case packet(Packet)
    }

    package let info: SourceInfo
    /// What was lost under way so far.
    package private(set) var losses = SourceLosses()

    let location: String
    private let interruption: Interruption
    private let options: SourceOptions
    private var demuxer: Demuxer
    private var decoder: Decoder
    private let videoIndex: Int
    private let orientation: Orientation
    private var state = State.reading
    private var window: ReadingWindow
    private var discontinuities: DiscontinuityCorrector
    private var timestamps: TimestampRepair
    private var progress: ReadingProgress
    /// Since the last frame: a sender that changes its codec goes on with packets that nothing here can read.
    private var frameless: ArrivalClock
    private var held: Packet?
    /// When the first and the last picture are shown of all that were decoded, wanted or not.
    private var seen: (first: Rational, last: Rational)?
    private var delivered = 0
    /// Where each sound's last packet ended, in the container's time.
    private var ends: [Int: Rational] = [:]

    private enum State { case reading, draining, ended }

    /// Opens, probes and seeks.
    /// - Parameter input: a path, an address, `-` or `pipe:0`.
    package init(
        _ input: String, _ options: SourceOptions = SourceOptions(), interruption: Interruption = Interruption()
    )
        throws
    {
        let address = try MediaAddress(input, writing: false, protocols: options.policy.protocols)
        func opened() throws -> Demuxer {
            try Demuxer.open(
                address, format: options.format, options: options.formatOptions, policy: options.policy,
                interruption: interruption)
        }
        var demuxer = try opened()
        location = address.text
        (self.interruption, self.options) = (interruption, options)
        videoIndex = try demuxer.videoStreamIndex(options.videoStream)
        let stream = demuxer.stream(videoIndex)
        window = ReadingWindow(origin: demuxer.origin, start: options.start, duration: options.duration)
        var orientation = demuxer.orientation(of: stream)
        if demuxer.isStill(stream), let packet = try? demuxer.read() {
            // A picture's Exif may turn it, and is in the picture.
            orientation = demuxer.orientation(of: packet, policy: options.policy) ?? orientation
            held = packet
        }
        self.orientation = orientation
        var late: [Int: StreamTemplate] = [:]
        if !demuxer.silentStreams.isEmpty, case .path = address, demuxer.isSeekable {
            var scout = try opened()
            late = scout.find(demuxer.silentStreams, policy: options.policy)
        }
        var info = try demuxer.describe(
            videoIndex, orientation: orientation, window: window, late: late, options: options)
        if case .path(let path) = address { info.path = path }
        self.info = info
        try info.refuseUnreadableColor(at: location)
        if let start = options.start, start > .zero, demuxer.isSeekable, held == nil {
            let target = demuxer.origin + start
            if try !demuxer.arrive(at: target, video: videoIndex, policy: options.policy) {
                // Where seeking does not work, reading on from the beginning arrives as well.
                if case .standardStream(let descriptor) = address { lseek(descriptor, 0, SEEK_SET) }
                demuxer = try opened()
            }
        }
        decoder = try Decoder.open(
            demuxer.stream(videoIndex).pointee.codecpar, timeBase: info.timeBase, policy: options.policy,
            threads: options.decoderThreads, at: location)
        discontinuities = DiscontinuityCorrector(mayJumpAhead: demuxer.hasDiscontinuousTime)
        let nominal = info.frameRate.map { $0.reciprocal.ticks(of: info.timeBase) } ?? 1
        timestamps = TimestampRepair(nominalDuration: nominal)
        progress = ReadingProgress(promised: demuxer.promisedEnd(video: videoIndex))
        frameless = ArrivalClock(limit: options.policy.packetTimeout, longestGap: .seconds(1))
        self.demuxer = demuxer
        if let held { place(held) }
    }

    /// Finds before anything is opened what can be found then: a protocol that is not allowed, a format FFmpeg does not know.
    package static func check(_ input: String, _ options: SourceOptions = SourceOptions()) throws {
        quietFFmpeg()
        let address = try MediaAddress(input, writing: false, protocols: options.policy.protocols)
        _ = try Demuxer.inputFormat(options.format, at: address.text)
    }

    /// Ends a blocking `next` on another thread, and every later one, with `MediaError.Code.cancelled`.
    package func cancel() { interruption.cancel() }

    /// The next frame or packet; `nil` once, at a clean end. Blocks until there is one.
    ///
    /// An input that is damaged or cut off throws after everything readable was delivered.
    package func next() throws(MediaError) -> Item? {
        while true {
            if interruption.isCancelled { throw MediaError(.cancelled, "stopped", at: location) }
            switch state {
            case .reading, .draining:
                if !window.isPastEnd, let frame = try nextFrame() { return .frame(frame) }
                if state == .draining {
                    state = .ended
                    try reportLosses()
                    return nil
                }
                if let packet = try nextPacket() { return .packet(packet) }
            case .ended:
                return nil
            }
        }
    }

    /// A frame the decoder has ready, with a repaired timestamp and within the window.
    private func nextFrame() throws(MediaError) -> Frame? {
        while true {
            switch try decoder.receive() {
            case .frame(let frame):
                if let frame = try admit(frame) { return frame }
                if window.isPastEnd { return nil }
            case .damaged(let error):
                noteUndecodable(error)
            case .needsPacket:
                guard let packet = held else { return nil }
                held = nil
                try send(packet)
            case .ended:
                return nil
            }
        }
    }

    private func admit(_ frame: Frame) throws(MediaError) -> Frame? {
        let color = ColorDescription(of: frame.handle)
        if color.isHDR { try color.refuseHDR(at: location) }
        let best = frame.handle.pointee.best_effort_timestamp
        let repaired = timestamps.repair(
            pts: best == noTimestamp ? nil : best, duration: frame.handle.pointee.pkt_duration)
        losses.note(frame)
        let time = repaired.pts.seconds(in: info.timeBase)
        progress.sawFrame()
        seen = (seen?.first ?? time, time)
        frameless.restart()
        guard window.admitsFrame(at: time, lasting: repaired.duration.seconds(in: info.timeBase)) else { return nil }
        frame.pts = repaired.pts
        frame.duration = repaired.duration
        delivered += 1
        frame.orientation = demuxer.orientation(of: frame) ?? orientation
        return frame
    }

    /// Reads on: gives video to the decoder, and returns a packet to pass on, or `nil` to look for frames again.
    private func nextPacket() throws(MediaError) -> Packet? {
        let packet: Packet?
        do throws(MediaError) {
            if frameless.isOverdue { throw framelessForLong }
            packet = window.isPastEnd && window.othersArePastEnd(info.streams) ? nil : try demuxer.read()
        } catch {
            if error.code == .cancelled { throw error }
            losses.readError = error
            packet = nil
        }
        guard let packet else {
            _ = try decoder.send(nil)
            state = .draining
            return nil
        }
        if let stream = info.streams.first(where: { $0.index == packet.streamIndex }) { complete(packet, of: stream) }
        place(packet)
        let isDamaged = packet.handle.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
        if isDamaged { losses.damagedPackets += 1 }
        if packet.streamIndex == videoIndex {
            if !window.isPastEnd { try send(packet) }
            return nil
        }
        // Datagrams go on when their sender changes: sound can come on and on without the picture that it goes with.
        if location.hasPrefix("udp:"), progress.hasFrames { frameless.bytesCame() }
        // Half a packet of sound is a crack in every player; half a picture still shows something.
        guard !isDamaged,
            let stream = info.streams.first(where: { $0.index == packet.streamIndex }), window.admits(packet)
        else { return nil }
        packet.stream = stream
        return packet
    }

    private var framelessForLong: MediaError {
        MediaError(
            .invalidData,
            "nothing that came in the last \((options.policy.packetTimeout ?? .zero).components.seconds) s could be decoded as \(info.codec)",
            at: location)
    }

    /// Where a stream began after probing, FFmpeg does not know how long its packets last, nor when those are due that
    /// have no timestamp of their own.
    private func complete(_ packet: Packet, of stream: StreamTemplate) {
        guard stream.kind == .audio else { return }
        let raw = packet.handle
        if raw.pointee.duration <= 0 { raw.pointee.duration = stream.duration(of: packet).ticks(of: packet.timeBase) }
        if packet.order == nil, let end = ends[stream.index] {
            (raw.pointee.pts, raw.pointee.dts) = (end.ticks(of: packet.timeBase), end.ticks(of: packet.timeBase))
        }
        ends[stream.index] = packet.order.map { $0 + packet.duration }
    }

    /// Puts a packet where it is in what is read.
    private func place(_ packet: Packet) {
        guard let order = packet.order else { return }
        let offset = discontinuities.offset(forStream: packet.streamIndex, at: order, duration: packet.duration)
        progress.saw(packet, isVideo: packet.streamIndex == videoIndex, offset: offset)
        packet.shift(by: (offset - window.zero).ticks(of: packet.timeBase))
    }

    private func send(_ packet: Packet) throws(MediaError) {
        switch try decoder.send(packet) {
        case .taken: break
        case .full: held = packet
        case .damaged(let error): noteUndecodable(error)
        }
    }

    private func noteUndecodable(_ error: MediaError) {
        losses.note(error)
        // Before the first frame a key frame may still be on its way.
        if progress.hasFrames { frameless.bytesCame() }
    }

    private func reportLosses() throws(MediaError) {
        if !window.isPastEnd || losses.readError != nil {
            losses.brokenPlaces = demuxer.brokenPlaces
            losses.complaint = demuxer.firstComplaint
            if let error = losses.error(progress, at: location) { throw error }
        }
        if delivered == 0 { throw nothingToShow }
    }

    /// Why an input that has pictures gave none.
    private var nothingToShow: MediaError {
        let start = options.start ?? .zero
        func text(_ time: Rational) -> String { "\((time.seconds * 100).rounded() / 100) s" }
        guard let seen else {
            return MediaError(.invalidData, "not one frame was found in it; try playing it", at: location)
        }
        if let duration = options.duration, seen.last >= duration {
            let end = text(start + duration)
            return MediaError(
                .badOption,
                "no picture lies between \(text(start)) and \(end); the next is at \(text(start + seen.last)): "
                    + "give a longer -t", at: location)
        }
        return MediaError(
            .badOption,
            "-ss \(start.seconds) is beyond the last picture, at \(text(start + seen.last)); begin earlier",
            at: location)
    }
}

/// How an input is opened and how much of it is read.
package struct SourceOptions: Sendable {
    /// FFmpeg's name of a demuxer, to overrule probing; needed for raw video.
    package var format: String?
    /// Further options of the demuxer, such as `video_size`, `pixel_format` and `framerate` of raw video.
    package var formatOptions: [(String, String)] = []
    /// Where to begin: the first frame at or after it. Timestamps count from there.
    package var start: Rational?
    /// Which of several video streams, counted from 0, cover pictures among them; the largest if not given.
    package var videoStream: Int?
    /// How much to read from there.
    package var duration: Rational?
    /// 0 is as many as FFmpeg likes.
    package var decoderThreads = 0
    package var policy = InputPolicy()

    package init() {}
}
