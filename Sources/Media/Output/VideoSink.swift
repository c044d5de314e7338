import Basics
import CFFmpeg
import Glibc

/// An output being written: RGB pictures in, encoded and muxed with the packets of the input's other streams.
///
/// A file of the mp4 family is written in short fragments under its own name, so that a killed process leaves it
/// playable, and is made an ordinary seekable one by `finish`.
///
/// `@unchecked Sendable`: one thread at a time writes; `cancel` alone may be called from any.
package final class VideoSink: @unchecked Sendable {
    /// Frames handed over so far.
    package private(set) var framesWritten: Int64 = 0
    /// Things done otherwise than the user may expect, each a sentence: streams left out, sound re-encoded.
    package private(set) var notes: [String] = []
    /// Pixels of the output.
    package let width: Int
    package let height: Int
    /// FFmpeg's names of what is written: "libx264", "mp4".
    package let codec: String
    package let format: String

    private var plan: OutputPlan
    private let address: MediaAddress
    private let options: SinkOptions
    private let source: SourceInfo
    private let interruption: Interruption
    private let timeBase: Rational
    private let location: String
    private var scaler = Scaler()
    private var mixer = FrameMixer()
    private var encoder: Encoder
    private var muxer: Muxer?
    private let videoIndex: Int
    private var copies: [Int: CopiedStream] = [:]
    private var interleaver = Interleaver<(packet: Packet, stream: Int)>()
    private var durations: [Int64: Int64] = [:]
    private var lastPts: Int64?
    private var firstVideoTime: Rational?
    /// The first picture and when it came, until the second tells how fast they come.
    private var first: (frame: Frame, came: Int64)?

    /// How long an output of the format can last before its timestamps are full; nil for longer than anybody waits.
    /// FFmpeg writes 31 bits of milliseconds to FLV, 25 days.
    package var longestSpan: Duration? { format == "flv" ? .milliseconds(1 << 31) : nil }

    /// Makes the output and writes its header.
    /// - Parameters:
    ///   - output: a path, an address, `-` or `pipe:1`.
    ///   - source: what it is made from; says size, colour and streams.
    package init(
        _ output: String, from source: SourceInfo, _ options: SinkOptions = SinkOptions(),
        interruption: Interruption = Interruption()
    ) throws {
        quietFFmpeg()
        let address = try Self.address(output, from: source, options)
        let plan = try OutputPlan(address, options, for: source)
        let encoder = try Encoder.open(plan.codec, plan.encoder, at: address.text)
        (self.plan, self.address, self.options, self.source) = (plan, address, options, source)
        (self.interruption, location) = (interruption, address.text)
        (width, height) = (plan.encoder.width, plan.encoder.height)
        codec = String(cString: plan.codec.pointee.name)
        format = plan.formatName
        timeBase = options.timeBase ?? source.timeBase
        notes = plan.notes
        videoIndex = 0
        if !plan.isStill {
            let (carried, notes) = CopiedStream.fitting(source.streams, into: plan, beside: encoder)
            copies = Dictionary(uniqueKeysWithValues: carried.map { ($0.stream.index, $0) })
            self.notes += notes
        }
        self.encoder = encoder
        muxer = try openMuxer()
    }

    private func openMuxer() throws -> Muxer {
        var muxer = try Muxer.open(
            address, format: plan.format, .staged(overwriting: options.overwrites), protocols: options.protocols,
            timeout: options.timeout, interruption: interruption)
        let carried = copies.values.sorted { $0.index < $1.index }
        try muxer.addStreams(encoder, frameRate: plan.encoder.frameRate, carried)
        if !plan.isStill {
            muxer.setMetadata(source.metadata)
            try muxer.setChapters(source.chapters)
        }
        try muxer.writeHeader(plan.headerOptions)
        return muxer
    }

    /// Finds before anything is made what can be found then: options that do not fit, an output that exists or is the input.
    package static func check(_ output: String, from source: SourceInfo, _ options: SinkOptions = SinkOptions()) throws
    {
        quietFFmpeg()
        let address = try address(output, from: source, options)
        _ = try OutputPlan(address, options, for: source)
        guard case .path(let path) = address else { return }
        if !options.overwrites, FileIdentity(path: path)?.isRegular == true {
            throw MediaError(.exists, "exists already; give -y to overwrite it, or another name", at: path)
        }
        try DescriptorIO.checkCreation(of: path)
    }

    /// Finds what can be found of a video's output before there is a source: names that FFmpeg does not know.
    package static func check(_ output: String, _ options: SinkOptions) throws {
        quietFFmpeg()
        let address = try MediaAddress(output, writing: true, protocols: options.protocols)
        let (_, _, isStill) = try OutputPlan.formatAndCodec(address, options, isStill: false)
        if isStill {
            throw MediaError(
                .badOption, "a picture file holds one picture; name a video, such as one in .mkv", at: output)
        }
    }

    private static func address(
        _ output: String, from source: SourceInfo, _ options: SinkOptions
    ) throws -> MediaAddress {
        let address = try MediaAddress(output, writing: true, protocols: options.protocols)
        if case .path(let path) = address, let input = source.path, let identity = FileIdentity(path: path),
            identity.isRegular, identity == FileIdentity(path: input)
        {
            throw MediaError(.outputIsInput, "is the input as well; give the output another name", at: path)
        }
        return address
    }

    /// Ends a blocking write on another thread, and every later one, with `MediaError.Code.cancelled`.
    package func cancel() { interruption.cancel() }

    /// Encodes and writes a picture, scaled to the output's size.
    /// - Parameters:
    ///   - pts: when it is shown, in ticks of the time base; must rise.
    ///   - duration: for how long, in the same ticks.
    package func write(_ image: RGBImage, pts: Int64, duration: Int64) throws {
        try write(prepare(image), pts: pts, duration: duration)
    }

    /// A picture as the encoder takes it, to be written as often as it is shown.
    package struct PreparedPicture: Sendable {
        fileprivate let frame: Frame
    }

    /// Scales and converts a picture, so that when its time comes there is nothing left to do but encode it.
    package func prepare(_ image: RGBImage) throws -> PreparedPicture {
        PreparedPicture(
            frame: try scaler.frame(
                from: image, width: width, height: height, format: plan.encoder.pixelFormat, color: plan.encoder.color))
    }

    /// A decoded frame as the encoder takes it; its very pixels where size, format and colour are the encoder's.
    package func prepare(_ frame: Frame) throws -> PreparedPicture { PreparedPicture(frame: try encodable(frame)) }

    /// A picture laid over the frame it was made of, as the mask says and by a share of the frame, both at the output's
    /// size.
    /// - Parameter blend: 0 … 1, the frame's share.
    package func prepare(_ image: RGBImage, over source: Frame, blend: Double) throws -> PreparedPicture {
        if blend >= 1 { return try prepare(source) }
        guard mixer.needsSource(blend: blend) else { return try prepare(image) }
        let isMixable = PlaneLayout.planes(of: plan.encoder.pixelFormat, width: width, height: height) != nil
        let format = isMixable ? plan.encoder.pixelFormat : AV_PIX_FMT_RGB24
        let picture = try scaler.frame(
            from: image, width: width, height: height, format: format, color: plan.encoder.color)
        let original = try scaler.frame(
            from: source, width: width, height: height, format: format, color: plan.encoder.color)
        mixer.mix(original, into: picture, blend: blend)
        return PreparedPicture(frame: isMixable ? picture : try encodable(picture))
    }

    /// Keeps the source where the mask is black, in all pictures that are prepared from now on.
    /// - Parameter mask: of the output's size.
    package func useMask(_ mask: RGBImage?) { mixer = FrameMixer(mask: mask) }

    private func encodable(_ frame: Frame) throws -> Frame {
        try scaler.frame(
            from: frame, width: width, height: height, format: plan.encoder.pixelFormat, color: plan.encoder.color)
    }

    package func write(_ picture: PreparedPicture, pts: Int64, duration: Int64) throws {
        // An encoder that still holds the frame has its pixels in common, and times of its own.
        let frame = picture.frame
        if plan.isStill, framesWritten > 0 {
            throw MediaError(
                .badOption,
                "a picture file holds one picture; name a video (.mp4, .mkv), or take one frame with -ss and -t 0.01",
                at: location)
        }
        let tick = plan.encoder.timeBase
        var time = pts.rescaled(from: timeBase, to: tick)
        // A coarser clock may give two pictures one tick; both are kept.
        if let lastPts, time <= lastPts { time = lastPts + 1 }
        lastPts = time
        frame.handle.pointee.pts = time
        frame.handle.pointee.quality = 0
        durations[time] = max(duration.rescaled(from: timeBase, to: tick), 1)
        firstVideoTime = firstVideoTime ?? time.seconds(in: tick)
        try shortenDelay(before: frame)
        try encoder.send(frame)
        framesWritten += 1
        try drainEncoder()
    }

    /// Pictures that come slowly may not wait for a dozen others in the encoder: half a minute of work would be lost
    /// with the process. How fast they come is known with the second; by then nothing has come out yet.
    private func shortenDelay(before frame: Frame) throws {
        guard address.isRegularTarget, plan.encoderDelay > 0, !plan.isStill else { return }
        let now = MonotonicTime.now.nanoseconds
        guard let first else {
            if framesWritten == 0 { first = (frame, now) }
            return
        }
        self.first = nil
        let affordable = Int(Self.longestWait / max(now - first.came, 1))
        guard affordable < plan.encoderDelay, muxer?.hasPictures == false else { return }
        plan.shortenDelay(to: affordable)
        encoder = try Encoder.open(plan.codec, plan.encoder, at: location)
        muxer = try openMuxer()
        try encoder.send(first.frame)
        try drainEncoder()
    }

    /// How long a picture may wait in the encoder, ns.
    private static let longestWait: Int64 = 500_000_000

    /// Writes a packet of one of the source's streams; one that the output cannot hold is passed over, as `notes` says.
    package func write(_ packet: Packet) throws {
        guard let copy = copies[packet.streamIndex], muxer != nil else { return }
        if let stream = packet.stream, !copy.stream.isDescribed(as: stream) { return leaveOut(copy) }
        for carried in try copy.carry(packet) { try hold(carried, copy) }
        if case .rewrapped(let filter) = copy.way, filter.hasChanged { leaveOut(copy) }
    }

    /// The output describes a stream once; what does not fit the description would play as noise.
    private func leaveOut(_ copy: CopiedStream) {
        guard copies[copy.stream.index]?.hasChanged == false else { return }
        copies[copy.stream.index]?.hasChanged = true
        notes.append(
            "\(copy.stream.description) has changed on the way, which one file cannot hold; what does not fit is left out"
        )
    }

    private func hold(_ packet: Packet, _ copy: CopiedStream) throws {
        if let forced = interleaver.hold((packet, copy.stream.index), due: packet.order ?? .zero) {
            try writeCopied(forced)
        }
    }

    private func writeCopied(_ waiting: (packet: Packet, stream: Int)) throws {
        guard let index = copies[waiting.stream]?.index else { return }
        copies[waiting.stream]?.isUntouched = false
        try muxer?.write(waiting.packet, to: index)
    }

    private func drainEncoder() throws {
        while let packet = try encoder.receive() {
            if let duration = durations.removeValue(forKey: packet.pts) { packet.handle.pointee.duration = duration }
            if let order = packet.order {
                for waiting in interleaver.release(until: order) { try writeCopied(waiting) }
            }
            if plan.isISO { try beginTimedText() }
            try muxer?.writePicture(packet, to: videoIndex)
        }
    }

    /// The first fragment waits until every stream has begun; a text track that begins late begins with nothing.
    private func beginTimedText() throws {
        for copy in copies.values where copy.isUntouched && copy.stream.kind == .subtitle {
            copies[copy.stream.index]?.isUntouched = false
            try muxer?.write(Packet.emptyTimedText(), to: copy.index)
        }
    }

    /// Writes what still waits in encoder and muxer, ends the file and makes it an ordinary one.
    package func finish() throws {
        guard muxer != nil else { return }
        try encoder.send(nil)
        try drainEncoder()
        for copy in copies.values {
            for packet in try copy.finish() { try hold(packet, copy) }
        }
        for waiting in interleaver.releaseAll() { try writeCopied(waiting) }
        // A file without a picture is of no use, and in the way of the next try: none is made.
        try muxer?.finish(keeping: framesWritten > 0)
        let lastDurations = muxer?.lastDuration ?? [:]
        muxer = nil
        if framesWritten > 0, plan.isRemuxed { try remux(lastDurations) }
    }

    /// Ends the file as it is: playable, in fragments, without what waits in the encoder.
    package func abort() {
        muxer?.abandon(keeping: framesWritten > 0)
        muxer = nil
    }

    private func remux(_ lastDurations: [Int: Rational]) throws {
        guard case .path(let path) = address else { return }
        let remuxer = Remuxer(
            path: path, source: source, plan: plan, firstVideoTime: firstVideoTime ?? .zero,
            lastDurations: lastDurations)
        do {
            try remuxer.run(interruption: interruption)
        } catch let error as MediaError {
            notes.append("the output stays fragmented, which some editors do not open: \(error)")
        }
    }
}

/// How an output is made.
package struct SinkOptions: Sendable {
    /// FFmpeg's name of a muxer; needed for pipes, guessed from the name of a file.
    package var format: String?
    /// FFmpeg's name of an encoder; the container's usual one if not given (libx264 in mp4, mov and mkv).
    package var codec: String?
    /// Options of the encoder, by FFmpeg's names: `("crf", "20")`.
    package var encoderOptions: [(String, String)] = []
    /// FFmpeg's name of a pixel format.
    package var pixelFormat: String?
    /// Pixels of the output; the input's if not given.
    package var width: Int?
    package var height: Int?
    /// Ticks of the timestamps given to `write`; the input's if not given.
    package var timeBase: Rational?
    /// The constant rate of what is written, if it has one; the input's nominal one if not given.
    package var frameRate: Rational?
    package var overwrites = false
    /// Every picture leaves the encoder at once: no lookahead, no reordering, no frame threads.
    package var lowLatency = false
    /// Seconds to wait for the other end of a pipe or connection; `nil` waits for ever.
    package var timeout: Duration? = .seconds(30)
    package var protocols = InputPolicy().protocols

    package init() {}
}
