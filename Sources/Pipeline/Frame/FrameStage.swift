package import Media
package import Settings

/// What a frame becomes under a snapshot of the settings, in recorded and in live video alike. It knows nothing of files,
/// clocks and queues. There is one for each seat: a device that restyles a frame at a time.
///
/// It has three steps, for three threads, so that the model's thread has nothing to do but the model:
/// `stage` beside the decoder, `picture` with the model, and `Picture.prepared` beside each encoder.
package struct FrameStage: Sendable {
    let restyler: any FrameRestyler
    /// Shared by the streams that share a model.
    let turn: ModelTurn
    /// What computes it, as the user names it.
    package let device: String

    package init(_ restyler: any FrameRestyler, turn: ModelTurn = ModelTurn(), device: String = "") {
        (self.restyler, self.turn, self.device) = (restyler, turn, device)
    }

    /// Scales a decoded frame to the model's size.
    func stage(_ frame: Frame, _ scaler: inout Scaler) throws -> StagedFrame {
        let size = restyler.workingSize(forSource: frame.width, frame.height)
        return StagedFrame(frame: frame, input: try scaler.image(from: frame, width: size.width, height: size.height))
    }

    /// Runs the model, where the snapshot asks for it.
    /// - Parameter snapshot: those settings of it that the model depends on are in force in the restyler.
    func picture(of staged: StagedFrame, under snapshot: SettingsSnapshot, _ scaler: inout Scaler) throws -> Picture {
        guard snapshot.asksModel else { return .source(staged.frame) }
        guard let input = try staged.input ?? stage(staged.frame, &scaler).input else { return .source(staged.frame) }
        let restyled = try turn.during(self.restyler) { try restyler.restyle(input) }
        return .restyled(restyled, over: staged.frame, blend: snapshot.settings.blend)
    }
}

/// A decoded frame on its way to the model.
struct StagedFrame: Sendable {
    let frame: Frame
    /// The frame at the model's size; nil where the model was not expected to get it.
    var input: RGBImage?
}

/// What a frame has become, before it has the size of an output.
package enum Picture: Sendable {
    /// The source as it is.
    case source(Frame)
    /// The model's picture, of the model's size, and the source's share of what is shown.
    case restyled(RGBImage, over: Frame, blend: Double)
    /// A picture that no source frame belongs to.
    case plain(RGBImage)

    /// Scales and mixes, at the size of an output. What is shown several times is prepared once.
    func prepared(for sink: VideoSink) throws -> VideoSink.PreparedPicture {
        switch self {
        case .source(let frame): try sink.prepare(frame)
        case .restyled(let image, let source, let blend): try sink.prepare(image, over: source, blend: blend)
        case .plain(let image): try sink.prepare(image)
        }
    }
}

/// Makes restyled pictures of source pictures. Streams that share a model each have their own.
///
/// One thread restyles and puts settings in force; one thread prepares settings, which may be another one.
package protocol FrameRestyler: AnyObject, Sendable {
    /// The size of the pictures that `restyle` wants for a source of this size, in pixels.
    func workingSize(forSource width: Int, _ height: Int) -> (width: Int, height: Int)

    /// Computes what the model needs of the settings, while it may be restyling with others.
    func prepare(_ snapshot: SettingsSnapshot) throws

    /// Puts what was prepared last in force for the pictures from now on.
    /// - Returns: the settings that are in force; nil before any were prepared.
    @discardableResult
    func activate() -> SettingsSnapshot?

    /// - Parameter image: of the working size.
    /// - Returns: the restyled picture, of the same size.
    func restyle(_ image: RGBImage) throws -> RGBImage
}

/// The part of the settings that a model's programs depend on: what changes in the rest needs no preparation.
struct ModelSettings: Sendable, Equatable {
    let prompt: PromptBlend
    let strength: Double
    let seed: Int64
    let steps: Int

    init(_ snapshot: SettingsSnapshot) {
        let settings = snapshot.settings
        (prompt, strength) = (snapshot.prompt, settings.strength)
        (seed, steps) = (settings.seed, settings.steps)
    }
}

extension SettingsSnapshot {
    /// Whether anything of the model's picture would be seen.
    var asksModel: Bool { !settings.passthrough && settings.strength > 0 && settings.blend < 1 }
}
