import CFFmpeg

extension Demuxer {
    /// Goes to where decoding shows the pictures from `target` on, in seconds of the container's own time. That a seek
    /// succeeded says little in a container without an index: the first picture that is decoded there must be whole, and
    /// must not lie behind the target; if it does, the search begins further ahead of it.
    /// - Returns: false where no seek arrives, and reading must begin at the beginning.
    mutating func arrive(at target: Rational, video: Int, policy: InputPolicy) throws(MediaError) -> Bool {
        // A format without timestamps counts pictures, from wherever it is made to begin.
        guard handle.pointee.iformat.pointee.flags & AVFMT_NOTIMESTAMPS == 0 else { return false }
        // Where nothing tells the place of a packet but its neighbours, sound may lie a little before its picture.
        var back = hasDiscontinuousTime ? Rational(1) : .zero
        while target - back > origin {
            let place = (target - back).ticks(of: Rational(1, 1_000_000))
            do throws(MediaError) {
                try seek(to: place)
                if let first = try firstPicture(of: video, policy: policy), first <= target {
                    try seek(to: place)
                    return true
                }
            } catch {
                if error.code == .cancelled { throw error }
                return false
            }
            back = back == .zero ? Rational(1) : back * Rational(4)
        }
        return false
    }

    /// When the first picture is shown that can be decoded from here; nil where it is not a whole one, or none.
    private mutating func firstPicture(of video: Int, policy: InputPolicy) throws(MediaError) -> Rational? {
        let base = Rational(stream(video).pointee.time_base)
        var decoder = try Decoder.open(
            stream(video).pointee.codecpar, timeBase: base, policy: policy, threads: 1, at: location)
        var (packet, isAtEnd): (Packet?, Bool) = (nil, false)
        while true {
            switch try decoder.receive() {
            case .frame(let frame):
                let time = frame.handle.pointee.best_effort_timestamp
                guard frame.handle.pointee.key_frame != 0, !frame.isDamaged, time != noTimestamp else { return nil }
                return time.seconds(in: base)
            case .damaged: continue
            case .ended: return nil
            case .needsPacket:
                if isAtEnd { return nil }
                repeat { packet = try read() } while packet.map { $0.streamIndex != video } ?? false
                isAtEnd = packet == nil
                _ = try decoder.send(packet)
            }
        }
    }

    /// Sound that is announced, and of which probing found nothing that tells its rate and channels.
    var silentStreams: [Int] {
        (0..<streamCount).filter { index in
            let parameters = stream(index).pointee.codecpar.pointee
            return parameters.codec_type == AVMEDIA_TYPE_AUDIO
                && (parameters.sample_rate <= 0 || parameters.ch_layout.nb_channels <= 0)
        }
    }

    /// Bytes that are read at most to find a stream that begins late.
    private static let farthest: Int64 = 1 << 30

    /// Reads on until each of the silent streams has sent something. This demuxer is of no further use then.
    /// - Returns: what they are, by their index; those that never send are not in it.
    mutating func find(_ silent: [Int], policy: InputPolicy) -> [Int: StreamTemplate] {
        for index in 0..<streamCount where !silent.contains(index) { stream(index).pointee.discard = AVDISCARD_ALL }
        var found: [Int: StreamTemplate] = [:]
        while found.count < silent.count, handle.pointee.pb.map({ avio_tell($0) < Self.farthest }) ?? false,
            let packet = try? read()
        {
            let index = packet.streamIndex
            guard silent.contains(index), found[index] == nil else { continue }
            let parameters = stream(index).pointee.codecpar!
            guard
                var decoder = try? Decoder.open(
                    parameters, timeBase: packet.timeBase, policy: policy, threads: 1, at: location),
                case .taken = try? decoder.send(packet), case .frame = try? decoder.receive(),
                avcodec_parameters_from_context(parameters, decoder.handle) >= 0
            else { continue }
            found[index] = try? StreamTemplate(stream(index))
        }
        return found
    }
}
