import CFFmpeg
import Glibc

/// Makes an ordinary seekable file of one that was written in fragments, beside it, and puts it in its place.
struct Remuxer {
    let path: String
    let source: SourceInfo
    let plan: OutputPlan
    /// When the first picture is shown. Fragments have no edit lists, so their muxer shifts everything to begin at 0;
    /// this undoes it.
    let firstVideoTime: Rational
    /// How long each stream's last packet lasts, which the end of the last fragment does not tell for every codec.
    let lastDurations: [Int: Rational]

    func run(interruption: Interruption) throws {
        try checkRoom()
        let temporary = path + ".remuxing"
        do {
            try rewrite(to: temporary, interruption: interruption)
            try sync(temporary)
            guard rename(temporary, path) == 0 else { throw failure("rename", AVError.posix(errno), at: path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// The copy needs the room of the original, and a little for its index.
    private func checkRoom() throws(MediaError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("stat", AVError.posix(errno), at: path) }
        var room = statvfs()
        guard statvfs(DescriptorIO.folder(of: path), &room) == 0 else { return }
        let free = Int64(clamping: room.f_bavail).multipliedReportingOverflow(by: Int64(clamping: room.f_frsize))
        if !free.overflow, free.partialValue < Int64(status.st_size) + 1 << 20 {
            throw MediaError(
                .diskFull, "no room to make it an ordinary file; free some and run ffmpeg -c copy", at: path)
        }
    }

    private func rewrite(to temporary: String, interruption: Interruption) throws {
        var policy = InputPolicy()
        policy.formats = ["mov"]
        policy.timeout = nil
        var input = try Demuxer.open(
            .path(path), format: nil, options: [], policy: policy, interruption: interruption)
        var output = try Muxer.open(
            .path(temporary), format: plan.format, .direct, protocols: [], timeout: nil,
            interruption: interruption)
        output.handle.pointee.flags &= ~AVFMT_FLAG_FLUSH_PACKETS
        // Timestamps are right as they are; what lies before 0 becomes an edit list.
        output.handle.pointee.avoid_negative_ts = 0
        for index in 0..<input.streamCount {
            let stream = input.stream(index)
            let made = try output.addCopy(
                stream.pointee.codecpar, timeBase: Rational(stream.pointee.time_base),
                metadata: metadataEntries(stream.pointee.metadata).filter { !isBookkeeping($0.key) },
                disposition: stream.pointee.disposition)
            let target = output.handle.pointee.streams[made]
            target?.pointee.avg_frame_rate = stream.pointee.avg_frame_rate
            target?.pointee.sample_aspect_ratio = stream.pointee.sample_aspect_ratio
        }
        output.setMetadata(source.metadata)
        try output.setChapters(source.chapters)
        try output.writeHeader([])
        try copyPackets(from: &input, to: &output)
        try output.finish()
    }

    private func copyPackets(from input: inout Demuxer, to output: inout Muxer) throws {
        var shift: Rational?
        var early: [Packet] = []
        var last: [Int: Packet] = [:]
        let subtitles = (0..<input.streamCount).filter {
            input.stream($0).pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE
        }
        // The end of a fragmented file does not tell how long its last packets last, and FFmpeg makes something up: each
        // waits until there is another of its stream.
        func write(_ packet: Packet, _ shift: Rational, _ output: inout Muxer) throws {
            packet.shift(by: shift.ticks(of: packet.timeBase))
            guard lastDurations[packet.streamIndex] != nil else {
                return try output.writeInterleaved(packet, to: packet.streamIndex)
            }
            guard let before = last.updateValue(packet, forKey: packet.streamIndex) else { return }
            if subtitles.contains(before.streamIndex) {
                // Text lasts until the next; of two at one time the later is shown.
                let duration = (packet.order ?? .zero) - (before.order ?? .zero)
                guard duration > .zero else { return }
                before.handle.pointee.duration = duration.ticks(of: before.timeBase)
            }
            try output.writeInterleaved(before, to: before.streamIndex)
        }
        while let packet = try input.read() {
            if shift == nil, packet.streamIndex == 0, let time = packet.time {
                shift = firstVideoTime - time
                for packet in early { try write(packet, firstVideoTime - time, &output) }
                early = []
            }
            if let shift { try write(packet, shift, &output) } else { early.append(packet) }
        }
        for packet in early { try write(packet, .zero, &output) }
        for packet in last.values.sorted(by: { $0.order ?? .zero < $1.order ?? .zero }) {
            if let duration = lastDurations[packet.streamIndex] {
                packet.handle.pointee.duration = duration.ticks(of: packet.timeBase)
            }
            try output.writeInterleaved(packet, to: packet.streamIndex)
        }
    }

    private func sync(_ path: String) throws(MediaError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", AVError.posix(errno), at: path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", AVError.posix(errno), at: path) }
    }
}
