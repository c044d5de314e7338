import Foundation
import MediaTools
import Testing

/// Whatever goes wrong: its exit code, one sentence with what to do, nothing on standard output, and everything that
/// could be written is written.
@Suite struct ExitCodeTests {
    private let scratch: Scratch
    private var film: String { scratch("film.mkv") }
    private var output: String { scratch("out.mp4") }

    init() throws {
        scratch = try Scratch()
        try Film.make(film)
    }

    /// Runs what must fail.
    /// - Parameters:
    ///   - words: what the sentence must name, the remedy among them.
    ///   - frames: how many frames the output must hold; nil where there must be none.
    private func refuses(
        _ arguments: [String], with status: Int32, saying words: String..., keeping frames: ClosedRange<Int>? = nil,
        through launcher: [String] = [], environment: [String: String] = [:], input: Data = Data(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let all = ["run", "-o", output] + arguments + (arguments.contains("--model") ? [] : Program.tinyModel)
        let outcome = try Program.run(all, through: launcher, environment: environment, input: input)
        #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errors.hasPrefix("restyled: "), sourceLocation: sourceLocation)
        for word in words {
            #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
        }
        try holds(output, frames, sourceLocation)
    }

    private func holds(_ output: String, _ frames: ClosedRange<Int>?, _ sourceLocation: SourceLocation) throws {
        guard let frames else {
            #expect(!FileManager.default.fileExists(atPath: output), sourceLocation: sourceLocation)
            return
        }
        let kept = try FFmpegTool.frameCount(output)
        #expect(frames.contains(kept), "\(kept) frames", sourceLocation: sourceLocation)
        // The picture; copied sound is as broken as it came.
        try FFmpegTool.decode(output, ["-map", "0:v"])
    }

    // MARK: The input

    @Test func truncatedInput() throws {
        for ending in ["mkv", "mp4", "ts", "avi"] {
            let input = scratch("whole.\(ending)")
            try Film.make(input, seconds: 6, ending == "mp4" ? ["-movflags", "+faststart"] : [])
            let bytes = try Data(contentsOf: URL(fileURLWithPath: input))
            try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: input))
            let readable = try FFmpegTool.frameCount(input)
            try refuses(
                ["-i", input, "-y"], with: 65, saying: input, ending == "ts" ? "damaged" : "cut off", "was read",
                keeping: readable...readable)
        }
    }

    @Test func damagedInput() throws {
        for ending in ["mkv", "ts"] {
            let input = scratch("damaged.\(ending)")
            try Film.make(input, seconds: 6)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: input))
            let middle = bytes.count / 2
            var generator = SystemRandomNumberGenerator()
            for place in middle..<middle + 3000 { bytes[place] = UInt8.random(in: 0...255, using: &generator) }
            try bytes.write(to: URL(fileURLWithPath: input))
            try refuses(
                ["-i", input, "-y"], with: 65, saying: input, "damaged", "everything else was read", keeping: 75...150)
        }
    }

    @Test func inputThatIsNoFilm() throws {
        let cases: [(name: String, make: (String) throws -> Void, words: String)] = [
            ("empty.mp4", { try Data().write(to: URL(fileURLWithPath: $0)) }, "empty"),
            ("text.mp4", { try Data("no film\n".utf8).write(to: URL(fileURLWithPath: $0)) }, "no video"),
            ("sound.mp3", { try FFmpegTool.make($0, ["-f", "lavfi", "-i", "sine=d=1"]) }, "give a video"),
            (
                "none.avi",
                {
                    try FFmpegTool.make(
                        $0, ["-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-c:v", "rawvideo", "-frames:v", "0"])
                }, "not one frame"
            ),
        ]
        for item in cases {
            try item.make(scratch(item.name))
            try refuses(["-i", scratch(item.name)], with: 65, saying: item.name, item.words)
        }
        try refuses(["-i", "-"], with: 65, saying: "standard input", "empty")
    }

    /// The index at an mp4's end comes too late where nobody can go back.
    @Test func mp4ThatCannotBePiped() throws {
        let input = scratch("film.mp4")
        try Film.make(input, seconds: 20)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: input))
        try refuses(["-i", "-"], with: 65, saying: "standard input", "index", "faststart", input: bytes)
    }

    @Test func inputThatIsNotThere() throws {
        try refuses(["-i", scratch("nowhere.mp4")], with: 66, saying: "nowhere.mp4", "check the path")
        try refuses(["-i", scratch.path], with: 66, saying: scratch.path, "is a folder")
        try refuses(["-i", "", "-y"], with: 64, saying: "-i is empty")
    }

    // MARK: The output

    @Test func outputThatIsTheInput() throws {
        try #require(link(film, scratch("hard.mkv")) == 0 && symlink(film, scratch("soft.mkv")) == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: film))
        for same in [film, scratch("hard.mkv"), scratch("soft.mkv"), scratch.path + "/./film.mkv"] {
            try refuses(["-i", film, "-o", same, "-y"], with: 64, saying: same, "the input as well", "another name")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: film)) == before)
    }

    @Test func outputThatExists() throws {
        let precious = scratch("precious.mp4")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: precious))
        try refuses(["-i", film, "-o", precious], with: 73, saying: precious, "-y")
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "precious")
        // With -y it goes through.
        let outcome = try Program.run(["run", "-i", film, "-o", precious, "-y"] + Program.tinyModel)
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errorLines.isEmpty, "\(outcome.errors)")
        try FFmpegTool.decode(precious)
    }

    @Test func outputThatCannotBe() throws {
        // Told before a model is loaded, which may take long: this one is not there.
        try refuses(
            ["-i", film, "-o", scratch("no/out.mp4"), "--model", scratch("no")], with: 73, saying: "make it first")
        try refuses(["-i", film, "-o", scratch("out.unknown")], with: 64, saying: "give -f")
        try refuses(["-i", film, "-o", "-"], with: 64, saying: "standard output", "give -f")
    }

    /// A limit on a file's size, which anybody may set, ends like a full disk.
    @Test func noRoom() throws {
        // The source itself, because what the tiny model makes of it hardly takes room.
        let large = ["-i", film, "-y", "--strength", "0", "-c:v"]
        try refuses(
            large + ["ffv1", "-f", "matroska"], with: 74, saying: output, "no room left", "free some", keeping: 5...49,
            through: ["prlimit", "--fsize=150000"])
        try refuses(
            large + ["mjpeg"], with: 74, saying: output, "no room left", keeping: 5...49,
            through: ["prlimit", "--fsize=60000"])
    }

    @Test(.enabled(if: canMount, "needs the right to mount"))
    func fullDisk() throws {
        let disk = scratch("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try #require(mount("none", disk, "tmpfs", 0, "size=100k") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        // Full under way, in both families of containers.
        for (name, codec) in [("a.mkv", "ffv1"), ("a.mp4", "mjpeg")] {
            let output = disk + "/" + name
            let outcome = try Program.run(
                ["run", "-i", film, "-o", output, "--strength", "0", "-c:v", codec] + Program.tinyModel)
            #expect(outcome.status == 74, "\(outcome.errors)")
            #expect(outcome.errorLines.count == 1 && outcome.errors.contains("no room left"))
            try holds(output, 3...49, #_sourceLocation)
            try FileManager.default.removeItem(atPath: output)
        }
        // Room for the film and not for the copy that makes it seekable: all is there, and a warning.
        let outcome = try Program.run(["run", "-i", film, "-o", disk + "/b.mp4"] + Program.tinyModel)
        #expect(outcome.status == 0)
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("stays fragmented"), "\(outcome.errors)")
        try holds(disk + "/b.mp4", 50...50, #_sourceLocation)
    }

    // MARK: The model and its engine

    @Test func modelThatIsNotThere() throws {
        try refuses(["-i", film, "--model", scratch("no")], with: 66, saying: scratch("no"))
        try refuses(["-i", film, "--model", scratch.path], with: 66, saying: "model_index.json")
        try refuses(["-i", film, "--model", film], with: 65, saying: film, "safetensors")
        try refuses(
            ["-i", film, "--model", "owner/name"], with: 66, saying: "restyled models pull owner/name",
            environment: ["HF_HOME": scratch.path])
    }

    @Test func whatIsNotMerged() throws {
        let tiny = ["-i", film] + Program.tinyModel
        let pickle = scratch("a.bin")
        try Data([0x80, 2] + [UInt8](repeating: 0, count: 20)).write(to: URL(fileURLWithPath: pickle))
        try refuses(["-i", film, "--model", pickle], with: 65, saying: pickle, "pickle", ".safetensors")
        try refuses(tiny + ["--unet", pickle], with: 65, saying: pickle, "pickle")
        try refuses(tiny + ["--lora", pickle + ":0.5"], with: 65, saying: pickle, "pickle")
        try refuses(tiny + ["--lora", scratch("no.safetensors")], with: 66, saying: "no.safetensors")
        let dora = scratch("dora.safetensors")
        let header = #"{"unet.a.dora_scale":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        try (length + Data(header.utf8) + Data(count: 4)).write(to: URL(fileURLWithPath: dora))
        try refuses(tiny + ["--lora", dora], with: 65, saying: "unet.a.dora_scale", "missing")
        try refuses(tiny + ["--precision", "bf16"], with: 69, saying: "fp32")
    }

    @Test func badWeights() throws {
        let model = scratch("model")
        try FileManager.default.copyItem(atPath: Program.models + "/sd-tiny", toPath: model)
        let weights = model + "/vae/diffusion_pytorch_model.fp16.safetensors"
        let found = FileManager.default.fileExists(atPath: weights)
        let path = found ? weights : model + "/vae/diffusion_pytorch_model.safetensors"
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        let arguments = ["-i", film, "--model", model, "--engine", "reference", "--size", "32x32"]
        try whole.dropLast(1000).write(to: URL(fileURLWithPath: path))
        try refuses(arguments, with: 65, saying: path, "download")
        try Data("<html>404</html>".utf8).write(to: URL(fileURLWithPath: path))
        try refuses(arguments, with: 65, saying: path, "safetensors")
        try FileManager.default.removeItem(atPath: path)
        try refuses(arguments, with: 66, saying: "vae", "download")
    }

    @Test func noEngine() throws {
        let environment = ["RESTYLED_OPENVINO": scratch("nothing")]
        try refuses(
            ["-i", film, "--model", "pocket", "--prompt", "oil painting"], with: 69, saying: "RESTYLED_OPENVINO",
            scratch("nothing"),
            "restyled setup openvino",
            environment: environment)
        let doctor = try Program.run(["doctor"], environment: environment)
        #expect(doctor.status == 69)
        #expect(String(decoding: doctor.output, as: UTF8.self).contains("restyled setup openvino"))
    }

    // MARK: Rights

    @Test(.enabled(if: geteuid() == 0, "needs root, to become somebody else"))
    func whatMayNotBeRead() throws {
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        #expect(chmod(scratch.path, 0o711) == 0)
        let model = scratch("model")
        try FileManager.default.copyItem(atPath: Program.models + "/sd-tiny", toPath: model)
        #expect(chmod(model + "/unet", 0o700) == 0)
        let secret = scratch("secret.mkv")
        try FileManager.default.copyItem(atPath: film, toPath: secret)
        #expect(chmod(secret, 0o600) == 0)
        try refuses(["-i", secret], with: 77, saying: secret, "permission denied", through: nobody)
        try refuses(["-i", film], with: 77, saying: output, "permission denied", through: nobody)
        let open = scratch("open")
        try #require(mkdir(open, 0o777) == 0 && chmod(open, 0o777) == 0)
        let allowed = ["-i", film, "-o", open + "/out.mp4"]
        for option in ["--mask", "--script"] {
            try refuses(allowed + [option, secret], with: 77, saying: secret, through: nobody)
        }
        try refuses(
            allowed + ["--model", model, "--engine", "reference"], with: 77, saying: model, "may not read",
            through: nobody)
    }

    // MARK: Options

    @Test(arguments: [
        (["--strength", "7"], "from 0 to 1"), (["--size", "13x8"], "multiples of 8"), (["--size", "8x8"], "too small"),
        (["-c:v", "libx265x"], "did you mean libx265?"), (["-f", "matroshka"], "did you mean matroska?"),
        (["--encoder-option", "presett=fast"], "did you mean preset?"), (["-ss", "100"], "begin earlier"),
        (["--input-format", "movv"], "did you mean mov"), (["--prompt", "\"a\":"], "prompt"),
    ])
    func badOption(_ options: [String], _ words: String) throws {
        try refuses(
            ["-i", film] + options + (options[0] == "--size" ? ["--model", Program.models + "/sd-tiny"] : []),
            with: 64, saying: words)
    }

    @Test(arguments: [["--size", "foo"], ["--bogus"], ["-t", "0"], ["-r", "fast"], ["--progress", "loud"]])
    func badSyntax(_ options: [String]) throws {
        let outcome = try Program.run(["run", "-i", film, "-o", output] + options)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains(options[0]) && outcome.errors.contains("Usage: restyled run"))
        #expect(!FileManager.default.fileExists(atPath: output))
    }

    @Test func scriptAndMaskThatAreNotThere() throws {
        for option in ["--script", "--mask"] {
            try refuses(["-i", film, option, scratch("nowhere")], with: 66, saying: "nowhere", "check the path")
        }
        try Data("foo: [".utf8).write(to: URL(fileURLWithPath: scratch("bad.yaml")))
        try refuses(["-i", film, "--script", scratch("bad.yaml")], with: 64, saying: "bad.yaml:", "YAML")
    }

    // MARK: Signals

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP], [Program.url, Program.release].compactMap(\.self))
    func interrupted(_ number: Int32, _ binary: URL) throws {
        let program = try Program(
            ["run", "-i", "-", "--input-format", "matroska", "-o", output] + Program.tinyModel, program: binary)
        // More than enough to begin with, and no end.
        let bytes = try Data(contentsOf: URL(fileURLWithPath: film))
        try program.input.fileHandleForWriting.write(contentsOf: bytes.dropLast(2000))
        while ((try? FileManager.default.attributesOfItem(atPath: output)[.size] as? Int) ?? 0) < 10_000 {
            try #require(program.isRunning)
            usleep(10_000)
        }
        program.send(number)
        let outcome = program.wait()
        #expect(outcome.status == 130)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("interrupted; \(output) holds"))
        try holds(output, 20...50, #_sourceLocation)
    }

    /// The other end of a pipe has half a minute to come.
    @Test(.enabled(if: Program.runsAll, "takes half a minute"))
    func nothingComes() throws {
        let fifo = scratch("fifo.mkv")
        try #require(mkfifo(fifo, 0o600) == 0)
        let keeper = open(fifo, O_RDWR | O_CLOEXEC)
        defer { close(keeper) }
        try refuses(["-i", fifo], with: 75, saying: fifo, "nothing came", "30 s")
    }
}

/// Whether this process may mount; tried, because a container's root often may not.
private let canMount: Bool = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mount-\(UUID().uuidString)").path
    defer { rmdir(folder) }
    guard mkdir(folder, 0o700) == 0, mount("none", folder, "tmpfs", 0, "size=4k") == 0 else { return false }
    umount2(folder, Int32(MNT_DETACH))
    return true
}()
