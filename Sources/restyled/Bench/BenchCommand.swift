import ArgumentParser
import Diffusion
import Foundation
import Graph
import Media
import ModelLoading
import Pipeline
import Settings
import Synchronization

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Time each stage of restyling a frame, from RGB in memory to RGB in memory.",
        discussion: "Several devices are timed together, on frames that they share.")

    @OptionGroup(title: "Model") var model: ModelOptions
    @Option(
        help: "The frames come in at this size and go out at it. (default: the size the model works at)",
        completion: .list(["1280x720", "1920x1080"]))
    var inputSize: PixelSize?
    @Option(help: "Frames to time on each device, after three that are not counted.", completion: .list(["20", "100"]))
    var frames = 20
    @Option(help: "Seconds after which no further frame is begun.", completion: .list(["10", "120"]))
    var seconds = 120.0
    @Option(help: "Denoising steps a frame.", completion: .list(["1", "2", "3", "4"]))
    var steps = 1
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard frames > 0, seconds > 0 else { throw ValidationError("--frames and --seconds must be above 0.") }
        guard (1...4).contains(steps) else { throw ValidationError("--steps takes 1 to 4.") }
    }

    func run() throws {
        let terminal = Terminal()
        var change = SettingsChange()
        try change.set("prompt", parsing: "oil painting")
        try change.set("steps", parsing: "\(steps)")
        let store = SettingsStore(StreamSettings().applying(change))

        let clock = ContinuousClock()
        let start = clock.now
        let opened = try model.open()
        let size = model.workingSize(
            opened.model, inputWidth: inputSize?.width ?? 1, inputHeight: inputSize?.height ?? 1)
        let loaded = try model.load(
            opened, size: size,
            progress: { part, done, total in
                if terminal.isTerminal { terminal.redraw("Loading: \(part) (\(done + 1) of \(total))") }
            })
        let load = start.duration(to: clock.now)
        let input = BenchPicture.make(width: inputSize?.width ?? size.width, height: inputSize?.height ?? size.height)
        var seats: [BenchSeat] = []
        for (_, loaded) in loaded {
            let report = BenchReport(
                load: load, engine: loaded.engine.description, width: size.width, height: size.height,
                weightsBytes: opened.model.float32ByteCount)
            seats.append(try BenchSeat(Restyler(loaded), report, input: input, settings: store.snapshot()))
        }
        // The first frames warm caches up.
        for index in 0..<3 {
            if terminal.isTerminal { terminal.redraw("Frame \(index + 1) of \(frames + 3)") }
            for seat in seats { try seat.warmUp() }
        }
        let count = seats.count
        let supply = BenchSupply(frames: frames * count, until: clock.now + .seconds(seconds)) { done in
            if terminal.isTerminal { terminal.redraw("Frame \(done / count + 3) of \(frames + 3)") }
        }
        let begin = clock.now
        let reports = try BenchSeat.run(seats, supply)
        let wall = begin.duration(to: clock.now)
        terminal.clearLine()
        if reports.count == 1 {
            print(try json ? reports[0].json() : reports[0].text)
        } else {
            let together = BenchReport.Together(names: loaded.map(\.device), reports: reports, wall: wall)
            print(try json ? together.json() : together.text)
        }
    }
}

/// The frames that the devices share, as those of a clip.
private final class BenchSupply: Sendable {
    private let taken = Mutex(0)
    private let frames: Int
    private let end: ContinuousClock.Instant
    private let tell: @Sendable (Int) -> Void

    init(frames: Int, until end: ContinuousClock.Instant, tell: @escaping @Sendable (Int) -> Void) {
        (self.frames, self.end, self.tell) = (frames, end, tell)
    }

    /// Whether there is a further one; the first is there however late it is.
    func take() -> Bool {
        taken.withLock { taken in
            guard taken < frames, taken == 0 || ContinuousClock.now < end else { return false }
            taken += 1
            tell(taken)
            return true
        }
    }
}

/// One device that is timed.
private final class BenchSeat: Sendable {
    private struct State: ~Copyable {
        var report: BenchReport
        var scaler = Scaler()
        var failure: (any Error)?
    }

    private let restyler: Restyler
    private let input: RGBImage
    private let settings: SettingsSnapshot
    private let state: Mutex<State>

    init(_ restyler: Restyler, _ report: BenchReport, input: RGBImage, settings: SettingsSnapshot) throws {
        (self.restyler, self.input, self.settings) = (restyler, input, settings)
        var report = report
        report.settingsProgram = try ContinuousClock().measure {
            try restyler.prepare(settings)
            restyler.activate()
        }
        state = Mutex(State(report: report))
    }

    func warmUp() throws { try state.withLock { try frame(&$0, isCounted: false) } }

    /// All of them at the same time, each on a thread of its own.
    static func run(_ seats: [BenchSeat], _ supply: BenchSupply) throws -> [BenchReport] {
        let group = DispatchGroup()
        for seat in seats {
            group.enter()
            startThread("bench") {
                seat.state.withLock { state in
                    do { while supply.take() { try seat.frame(&state, isCounted: true) } } catch {
                        state.failure = error
                    }
                }
                group.leave()
            }
        }
        group.wait()
        return try seats.map { seat in
            try seat.state.withLock { state in
                if let failure = state.failure { throw failure }
                return state.report
            }
        }
    }

    private func frame(_ state: inout State, isCounted: Bool) throws {
        let clock = ContinuousClock()
        let size = restyler.model.size
        let begin = clock.now
        let small = try state.scaler.image(from: input, width: size.width, height: size.height)
        let scaledDown = clock.now
        let restyled = try restyler.restyle(small, with: settings)
        let done = clock.now
        _ = try state.scaler.image(from: restyled, width: input.width, height: input.height)
        let end = clock.now
        guard isCounted else { return }
        state.report.add(
            segments: restyler.segmentDurations, frameProgram: scaledDown.duration(to: done),
            scale: begin.duration(to: scaledDown) + done.duration(to: end), endToEnd: begin.duration(to: end))
    }
}
