import Media
import MediaTools
import Testing

/// A film goes through and comes out as long, as wide and with its sound.
@Suite struct PassingTests {
    @Test func filmWithSoundGoesThrough() throws {
        let scratch = try Scratch()
        try FFmpegTool.make(
            scratch("in.mp4"),
            [
                "-f", "lavfi", "-i", "testsrc2=s=320x180:r=30:d=2", "-f", "lavfi", "-i", "sine=d=2", "-c:v", "libx264",
                "-pix_fmt", "yuv420p", "-c:a", "aac",
            ])
        let passed = try pass(scratch("in.mp4"), to: scratch("out.mp4"))
        #expect(passed.error == nil)
        #expect(passed.notes == [])
        #expect(passed.frames.count == 60)
        #expect(try FFmpegTool.frameCount(scratch("out.mp4")) == 60)
        try FFmpegTool.decode(scratch("out.mp4"))
        for name in ["in.mp4", "out.mp4"] {
            let streams = try FFmpegTool.probe(scratch(name), "stream=codec_name,start_time,duration")
            #expect(streams.count == 2)
            #expect(streams.first == "h264,0.000000,2.000000")
        }
        let sound = ["-map", "0:a", "-c", "copy", "-f", "md5", "-"]
        #expect(
            try FFmpegTool.run("ffmpeg", ["-v", "error", "-i", scratch("in.mp4")] + sound)
                == FFmpegTool.run("ffmpeg", ["-v", "error", "-i", scratch("out.mp4")] + sound))
    }
}
