package import Media

/// Joins a job's units to the film: their coded pictures as they are, with sound, subtitles, chapters and metadata of the
/// source, copied once.
package struct UnitJoin {
    let folder: JobFolder
    let manifest: JobManifest
    /// Reads packets.
    let source: VideoSource
    /// Its part is `joined`.
    let sink: VideoSink

    package init(_ folder: JobFolder, _ manifest: JobManifest, source: VideoSource, sink: VideoSink) {
        (self.folder, self.manifest, self.source, self.sink) = (folder, manifest, source, sink)
    }

    /// What is known of all units, each of them looked at.
    /// - Throws: where one is not there or not sound, or they were not made alike.
    package static func records(_ folder: JobFolder, _ manifest: JobManifest) throws -> [UnitRecord] {
        let records = manifest.plan.units.indices.map { folder.record(of: $0 + 1) }
        let missing = records.indices.filter { records[$0] == nil }.map { $0 + 1 }
        guard missing.isEmpty else {
            throw JobError(
                .incomplete,
                "\(missing.count) of \(records.count) units are missing: \(ranges(missing)); make them and join again")
        }
        let whole = records.compactMap { $0 }
        let engines = Set(whole.map(\.engine)).sorted()
        guard engines.count <= 1 else {
            throw JobError(
                .damaged,
                "units were made by unlike engines, so seams would show: \(engines.joined(separator: "; ")); give "
                    + "--engine, --device and --precision to `restyled plan`")
        }
        return whole
    }

    /// - Parameter progress: pictures written so far.
    package func run(_ records: [UnitRecord], progress: (Int) -> Void = { _ in }) throws {
        var order = DecodingOrder(for: sink)
        var other = try nextPacket()
        var written = 0
        func write(_ picture: Packet) throws {
            // The other streams come in where they are in the source's time.
            while let packet = other, let time = packet.time, let due = picture.time, time <= due {
                try sink.write(packet)
                other = try nextPacket()
            }
            try sink.write(coded: picture)
            written += 1
            progress(written)
        }
        for (index, record) in records.enumerated() where record.frames > 0 {
            let durations = try durations(of: index + 1, record)
            var video = try CodedVideo(folder.video(index + 1), for: sink)
            while let picture = try video.next() {
                sink.setDuration(of: picture, to: picture.shownAt.flatMap { durations[$0] } ?? 1)
                for ready in order.push(picture) { try write(ready) }
            }
        }
        for ready in order.finish() { try write(ready) }
        while let packet = other {
            try sink.write(packet)
            other = try nextPacket()
        }
        try sink.finish()
    }

    private func nextPacket() throws -> Packet? {
        while let item = try source.next() {
            if case .packet(let packet) = item, packet.streamIndex != source.videoIndex { return packet }
        }
        return nil
    }

    /// How long each of a unit's pictures is shown, by when it is.
    private func durations(of unit: Int, _ record: UnitRecord) throws -> [Int64: Int64] {
        var video = try CodedVideo(folder.video(unit), for: sink)
        var times: [Int64] = []
        while let picture = try video.next() { if let time = picture.shownAt { times.append(time) } }
        guard times.count == record.frames else {
            throw JobError(
                .incomplete,
                "unit \(unit) holds \(times.count) of its \(record.frames) pictures; make it again and join again")
        }
        return Dictionary(zip(times.sorted(), record.durations), uniquingKeysWith: { $1 })
    }

    /// [3, 5, 6, 7] → "3, 5-7".
    static func ranges(_ numbers: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}
