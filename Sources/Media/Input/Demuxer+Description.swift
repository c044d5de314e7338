import CFFmpeg

extension Demuxer {
    /// The video stream that the ffmpeg program takes: one that sends, the usual one, the largest; cover pictures only
    /// where they are asked for.
    /// - Parameter wanted: the place among the video streams, as in `-map 0:v:1`.
    func videoStreamIndex(_ wanted: Int? = nil) throws(MediaError) -> Int {
        let videos = (0..<streamCount).filter {
            stream($0).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
        }
        if let wanted, !videos.indices.contains(wanted), !videos.isEmpty {
            throw MediaError(
                .badOption, "has no video stream 0:v:\(wanted); its \(videos.count) are counted from 0:v:0",
                at: location)
        }
        let best =
            wanted.map { videos.isEmpty ? nil : videos[$0] }
            ?? videos.filter { !isCover($0) }.max { preference($0) < preference($1) }
        guard let best else {
            let sound = (0..<streamCount).contains {
                stream($0).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_AUDIO
            }
            throw MediaError(
                .noVideo,
                sound
                    ? "holds sound and no video; give a video or a picture"
                    : "holds no video; give a video or a picture", at: location)
        }
        let parameters = stream(best).pointee.codecpar.pointee
        guard parameters.width > 0, parameters.height > 0 else {
            throw MediaError(
                .invalidData, "no video frame could be found in it; try playing it, or repair it with ffmpeg",
                at: location)
        }
        return best
    }

    private func preference(_ index: Int) -> (Int64, Int64, Int64) {
        let video = stream(index).pointee
        let parameters = video.codecpar.pointee
        let sends = video.event_flags & AVSTREAM_EVENT_FLAG_NEW_PACKETS != 0
        let isDefault = video.disposition & AV_DISPOSITION_DEFAULT != 0
        // The weights are the ffmpeg program's.
        let score =
            Int64(parameters.width) * Int64(parameters.height) + (sends ? 100_000_000 : 0) + (isDefault ? 5_000_000 : 0)
        return (score, video.nb_frames, parameters.bit_rate)
    }

    private func isCover(_ index: Int) -> Bool {
        stream(index).pointee.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS) != 0
    }

    /// Where the container's time begins, in seconds.
    var origin: Rational {
        let start = handle.pointee.start_time
        return start == noTimestamp ? .zero : Rational(start, 1_000_000)
    }

    func orientation(of stream: UnsafeMutablePointer<AVStream>) -> Orientation {
        var size = 0
        guard let data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size), size >= 36 else {
            return .upright
        }
        return data.withMemoryRebound(to: Int32.self, capacity: 9) { Orientation(displayMatrix: $0) } ?? .upright
    }

    /// A frame's own, as Exif gives it.
    func orientation(of frame: Frame) -> Orientation? {
        guard let side = av_frame_get_side_data(frame.handle, AV_FRAME_DATA_DISPLAYMATRIX), side.pointee.size >= 36
        else { return nil }
        return side.pointee.data.withMemoryRebound(to: Int32.self, capacity: 9) { Orientation(displayMatrix: $0) }
    }

    /// That of a picture's own first frame.
    func orientation(of packet: Packet, policy: InputPolicy) -> Orientation? {
        let parameters = stream(packet.streamIndex).pointee.codecpar!
        guard
            var decoder = try? Decoder.open(
                parameters, timeBase: packet.timeBase, policy: policy, threads: 1, at: location),
            case .taken = try? decoder.send(packet), case .taken = try? decoder.send(nil),
            case .frame(let frame) = try? decoder.receive()
        else { return nil }
        return orientation(of: frame)
    }

    /// What the header says about the end, where it says so itself and FFmpeg does not guess.
    func promisedEnd(video: Int) -> ReadingProgress.Promise? {
        guard handle.pointee.duration_estimation_method == AVFMT_DURATION_FROM_STREAM else { return nil }
        let video = stream(video)
        if ["mov,mp4,m4a,3gp,3g2,mj2", "avi"].contains(formatName), video.pointee.duration > 0 {
            let start = video.pointee.start_time == noTimestamp ? 0 : video.pointee.start_time
            // AVI's header counts its frames; the duration is only that of what is there.
            let length =
                formatName == "avi" ? max(video.pointee.duration, video.pointee.nb_frames) : video.pointee.duration
            return .video(end: (start &+ length).seconds(in: Rational(video.pointee.time_base)))
        }
        guard handle.pointee.duration > 0 else { return nil }
        // Matroska and others count it from 0 and not from the first timestamp.
        return .anyStream(end: Rational(handle.pointee.duration, 1_000_000))
    }

    func describe(
        _ videoIndex: Int, orientation: Orientation, window: ReadingWindow, late: [Int: StreamTemplate],
        options: SourceOptions
    ) throws -> SourceInfo {
        let video = stream(videoIndex)
        let parameters = video.pointee.codecpar!
        var info = SourceInfo()
        info.format = formatName
        info.codec = String(cString: avcodec_get_name(parameters.pointee.codec_id))
        let format = AVPixelFormat(rawValue: parameters.pointee.format)
        info.pixelFormat = av_get_pix_fmt_name(format).map { String(cString: $0) } ?? "unknown"
        let (width, height) = (Int(parameters.pointee.width), Int(parameters.pointee.height))
        (info.width, info.height) = orientation.swapsAxes ? (height, width) : (width, height)
        let ratio = av_guess_sample_aspect_ratio(handle, video, nil)
        if ratio.num > 0, ratio.den > 0 {
            let ratio = Rational(ratio)
            info.sampleAspectRatio = orientation.swapsAxes ? ratio.reciprocal : ratio
        }
        info.timeBase = Rational(video.pointee.time_base)
        let rate = av_guess_frame_rate(handle, video, nil)
        if rate.num > 0, rate.den > 0 { info.frameRate = Rational(rate) }
        info.color = ColorDescription(of: parameters).resolved(width: width, height: height, format: format)
        info.isStill = isStill(video)
        try describeLength(&info, video: video, window: window, options: options)
        try describeOthers(&info, videoIndex: videoIndex, window: window, late: late)
        return info
    }

    func isStill(_ video: UnsafeMutablePointer<AVStream>) -> Bool {
        let name = formatName
        let isPicture = name.hasSuffix("_pipe") || name == "image2"
        return isPicture && video.pointee.nb_frames <= 1
    }

    private func describeLength(
        _ info: inout SourceInfo, video: UnsafeMutablePointer<AVStream>, window: ReadingWindow, options: SourceOptions
    ) throws {
        if info.isStill {
            (info.frameCount, info.duration) = (1, nil)
            return
        }
        if video.pointee.duration > 0 {
            info.duration = video.pointee.duration.seconds(in: info.timeBase)
        } else if handle.pointee.duration > 0 {
            info.duration = Rational(handle.pointee.duration, 1_000_000)
        }
        let whole = info.duration
        if let start = options.start, let known = info.duration {
            guard start < known else {
                throw MediaError(
                    .badOption, "-ss \(start.seconds) is beyond the end at \(known.seconds) s; begin earlier",
                    at: location)
            }
            info.duration = known - start
        }
        if let wanted = options.duration { info.duration = min(wanted, info.duration ?? wanted) }
        if whole == info.duration, video.pointee.nb_frames > 0 {
            info.frameCount = video.pointee.nb_frames
        } else if let duration = info.duration, let rate = info.frameRate {
            info.frameCount = (duration * rate).ticks(of: .one)
        }
    }

    private func describeOthers(
        _ info: inout SourceInfo, videoIndex: Int, window: ReadingWindow, late: [Int: StreamTemplate]
    ) throws {
        info.metadata = metadataEntries(handle.pointee.metadata).filter { !isBookkeeping($0.key) }
        for index in 0..<streamCount where index != videoIndex {
            if silentStreams.contains(index) {
                if let template = late[index] {
                    info.streams.append(template)
                } else if let template = try StreamTemplate(stream(index)) {
                    info.notes.append(
                        "\(template.description) is left out: it is announced, and nothing of it came that tells its rate"
                    )
                    stream(index).pointee.discard = AVDISCARD_ALL
                }
            } else if let template = try StreamTemplate(stream(index)) {
                info.streams.append(template)
            } else {
                let kind =
                    isCover(index)
                    ? "the cover picture"
                    : stream(index).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_VIDEO
                        ? "the further video" : "the data"
                info.notes.append("\(kind) in stream \(index) is left out")
                stream(index).pointee.discard = AVDISCARD_ALL
            }
        }
        for index in 0..<Int(handle.pointee.nb_chapters) {
            guard let chapter = handle.pointee.chapters[index]?.pointee else { continue }
            let base = Rational(chapter.time_base)
            let title = metadataEntries(chapter.metadata).first { $0.key == "title" }?.value ?? ""
            let end = window.duration.map { min($0, chapter.end.seconds(in: base) - window.zero) }
            let start = max(chapter.start.seconds(in: base) - window.zero, .zero)
            let stop = end ?? (chapter.end.seconds(in: base) - window.zero)
            if stop > start { info.chapters.append(Chapter(start: start, end: stop, title: title)) }
        }
    }
}
