import MediaTools

/// Small inputs with picture and sound.
enum Film {
    static let frameRate = 25

    /// Makes `seconds` of moving picture with a tone.
    static func make(_ path: String, seconds: Int = 2, _ more: [String] = []) throws {
        try FFmpegTool.make(
            path,
            [
                "-f", "lavfi", "-i", "testsrc2=s=64x48:r=\(frameRate):d=\(seconds)",
                "-f", "lavfi", "-i", "sine=f=440:r=48000:d=\(seconds)",
                "-c:v", "mpeg4", "-q:v", "4", "-g", "25", "-c:a", "aac", "-b:a", "64k",
            ] + more)
    }
}
