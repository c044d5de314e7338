import Diffusion
import Graph
import Logging
import ModelLoading
import Pipeline
import Settings

/// All that decides what is loaded for one device of a stream. Streams of equal requests share it.
struct ModelRequest: Sendable, Hashable {
    let model: ModelChoice
    let engine: EngineChoice
    let size: StreamConfiguration.Size?
    /// Which one it is of those that a stream has on the same device.
    let copy: Int

    /// One for each device.
    static func all(_ stream: StreamConfiguration) -> [ModelRequest] {
        let choices = EngineChoice.all(stream)
        return choices.enumerated().map { index, engine in
            ModelRequest(
                model: ModelChoice(stream), engine: engine, size: stream.size,
                copy: choices[..<index].count { $0 == engine })
        }
    }

    /// As the user names it, or what the engine chose.
    func deviceName(of model: LoadedModel) -> String { engine.device ?? model.engine.description }

    /// Blocks until all of it is read and compiled.
    func load(
        logger: Logger, progress: (String) -> Void, warn: @escaping @Sendable (String) -> Void
    ) throws -> LoadedModel {
        progress("reading its files")
        let opened = try model.open()
        // The source is not there yet; games are 16:9, and other shapes are scaled to it and back.
        let size =
            size.map { WorkingSize(width: $0.width, height: $0.height) }
            ?? opened.model.defaultSize(inputWidth: 16, inputHeight: 9)
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: engine.make(), size: size,
            progress: { part, done, total in progress("\(part) (\(done + 1) of \(total))") },
            warn: warn)
        logger.info(
            "model loaded",
            metadata: [
                "model": "\(model.model)", "size": "\(size.width)x\(size.height)",
                "engine": "\(loaded.engine.description)",
            ])
        return loaded
    }
}
