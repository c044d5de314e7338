import NIOCore
import NIOHTTP1

/// A stream of JPEG files as one HTTP answer (`multipart/x-mixed-replace`), for players and OBS. Lives on its
/// connection's event loop.
final class MotionJPEG {
    static let boundary = "picture"

    private let site: WebSite
    private let channel: any Channel
    private var viewer: UInt64?
    /// A player that does not read is gone.
    private var deadline: Scheduled<Void>?

    init(_ site: WebSite, _ channel: any Channel) { (self.site, self.channel) = (site, channel) }

    func start(_ request: PreviewRequest) {
        site.viewerCame()
        let (loop, this) = (channel.eventLoop, NIOLoopBound(self, eventLoop: channel.eventLoop))
        viewer = site.hub.add(request) { message in loop.execute { this.value.send(message) } }
    }

    func stop() {
        deadline?.cancel()
        guard let viewer else { return }
        self.viewer = nil
        site.hub.remove(viewer)
        site.viewerWent()
    }

    func writabilityChanged(_ channel: any Channel) {
        deadline?.cancel()
        deadline = nil
        guard !channel.isWritable else { return }
        deadline = channel.eventLoop.scheduleTask(in: .nanoseconds(Int64(site.limits.patience * 1e9))) {
            channel.close(promise: nil)
        }
    }

    private func send(_ message: PreviewMessage) {
        guard let viewer else { return }
        var file = message.bytes
        file.moveReaderIndex(forwardBy: 24)
        var part = ByteBuffer(
            string: "--\(Self.boundary)\r\nContent-Type: image/jpeg\r\nContent-Length: \(file.readableBytes)\r\n\r\n")
        part.writeBuffer(&file)
        part.writeString("\r\n")
        // Browsers show a picture when the next one comes, so each comes twice.
        channel.write(HTTPServerResponsePart.body(.byteBuffer(part)), promise: nil)
        let hub = site.hub
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(part))).whenSuccess {
            hub.seen(message.serial, by: viewer)
        }
    }
}
