import Basics
import CFFmpeg
import Glibc

/// FFmpeg's byte reader and writer over a descriptor of ours: files, FIFOs, standard input and output.
///
/// FFmpeg's own `file` and `pipe` protocols block where no interrupt callback reaches them; this one polls. It also
/// remembers the first error, which FFmpeg forgets while it buffers.
final class DescriptorIO {
    private(set) var context: UnsafeMutablePointer<AVIOContext>?
    let interruption: Interruption
    private var descriptor: Int32
    private let closesDescriptor: Bool
    /// What is written before there is a file, if this is one that is yet to be made.
    private var staged: StagedFile?
    /// Pipes and sockets are waited for; a regular file never keeps anybody waiting.
    let isStream: Bool
    /// How long one wait may take; nil is for ever.
    private let timeout: Duration?
    /// Of the packet under way.
    private var clock: ArrivalClock
    /// The packet under way had all its time, and did not end.
    private(set) var isOverdue = false
    /// The first read or write that failed, as a negative FFmpeg code; 0 is none.
    private(set) var firstError: Int32 = 0

    private static let bufferSize = 1 << 16

    /// - Parameter descriptor: open; closed again at the end if `closing`.
    init(
        descriptor: Int32, closing: Bool, writing: Bool, timeout: Duration?, packetTimeout: Duration? = nil,
        interruption: Interruption
    ) throws(MediaError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw failure("fstat", AVError.posix(errno), at: "descriptor \(descriptor)")
        }
        let kind = status.st_mode & S_IFMT
        self.descriptor = descriptor
        closesDescriptor = closing
        isStream = kind != S_IFREG && kind != S_IFBLK
        self.timeout = timeout
        clock = ArrivalClock(limit: packetTimeout)
        self.interruption = interruption
        try makeContext(writing: writing)
    }

    /// Writes to a file that `commit` makes; until then everything stays in memory.
    init(staging file: StagedFile, interruption: Interruption) throws(MediaError) {
        (descriptor, closesDescriptor, isStream, timeout) = (-1, true, false, nil)
        clock = ArrivalClock(limit: nil)
        staged = file
        self.interruption = interruption
        try makeContext(writing: true)
    }

    private func makeContext(writing: Bool) throws(MediaError) {
        guard let buffer = av_malloc(DescriptorIO.bufferSize) else { throw outOfMemory() }
        context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), Int32(DescriptorIO.bufferSize), writing ? 1 : 0,
            Unmanaged.passUnretained(self).toOpaque(),
            { opaque, bytes, count in DescriptorIO.from(opaque).read(bytes, Int(count)) },
            { opaque, bytes, count in DescriptorIO.from(opaque).write(bytes, Int(count)) },
            isStream ? nil : { opaque, offset, whence in DescriptorIO.from(opaque).seek(offset, whence) })
        guard context != nil else {
            av_free(buffer)
            throw outOfMemory()
        }
    }

    deinit {
        if let context {
            av_freep(UnsafeMutableRawPointer(mutating: withUnsafeMutablePointer(to: &context.pointee.buffer) { $0 }))
        }
        avio_context_free(&context)
        if closesDescriptor, descriptor >= 0 { close(descriptor) }
    }

    private static func from(_ opaque: UnsafeMutableRawPointer?) -> DescriptorIO {
        // FFmpeg hands back what was given to avio_alloc_context above, never nil.
        Unmanaged<DescriptorIO>.fromOpaque(opaque.unsafelyUnwrapped).takeUnretainedValue()
    }

    /// The probing or a packet begins.
    func beginPacket() { clock.restart() }

    /// Waits until the descriptor is ready. 0, or a negative FFmpeg code.
    private func wait(for events: Int16) -> Int32 {
        let due = timeout.map { MonotonicTime.now + $0 }
        while true {
            if interruption.shouldStop { return AVError.exit }
            if let due, .now >= due { return AVError.posix(ETIMEDOUT) }
            var request = pollfd(fd: descriptor, events: events, revents: 0)
            let ready = poll(&request, 1, 50)
            if ready < 0, errno != EINTR { return AVError.posix(errno) }
            if ready > 0 { return 0 }
        }
    }

    private func read(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int32 {
        while true {
            if isStream {
                isOverdue = isOverdue || clock.isOverdue
                let ready = isOverdue ? AVError.posix(ETIMEDOUT) : wait(for: Int16(POLLIN))
                if ready < 0 { return remember(ready) }
            }
            let got = Glibc.read(descriptor, bytes, count)
            if got > 0 {
                clock.bytesCame()
                return Int32(got)
            }
            if got == 0 { return AVError.endOfFile }
            if errno != EINTR, errno != EAGAIN { return remember(AVError.posix(errno)) }
        }
    }

    private func write(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
        if staged?.write(UnsafeRawBufferPointer(start: bytes, count: count)) != nil { return Int32(count) }
        var done = 0
        while done < count {
            var step = count - done
            if isStream {
                let ready = wait(for: Int16(POLLOUT))
                if ready < 0 { return remember(ready) }
                // A blocking pipe that is ready takes this much without blocking, and no more for certain.
                step = min(step, 4096)
            }
            let put = Glibc.write(descriptor, bytes.map { $0 + done }, step)
            if put >= 0 {
                done += put
            } else if errno != EINTR, errno != EAGAIN {
                return remember(AVError.posix(errno))
            }
        }
        return Int32(count)
    }

    private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        if let position = staged?.seek(offset, whence) { return position }
        if whence & AVSEEK_SIZE != 0 {
            var status = stat()
            return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : Int64(AVError.posix(errno))
        }
        let position = lseek(descriptor, off_t(offset), whence & ~AVSEEK_FORCE)
        return position < 0 ? Int64(AVError.posix(errno)) : Int64(position)
    }

    /// Shortens a regular file after a write that failed; FFmpeg writes no more to it then.
    func truncate(to length: Int64) {
        if !isStream, descriptor >= 0 { ftruncate(descriptor, off_t(length)) }
    }

    /// Makes the file, with everything that was written so far, in the place of an old one. Later calls do nothing.
    func commit() throws(MediaError) {
        guard let file = staged else { return }
        do throws(MediaError) {
            descriptor = try file.make()
            staged = nil
        } catch {
            firstError = firstError == 0 ? AVError.posix(EIO) : firstError
            throw error
        }
    }

    var isStaged: Bool { staged != nil }

    private func remember(_ code: Int32) -> Int32 {
        if firstError == 0 { firstError = code }
        return code
    }
}
