import Diffusion
import Graph
import Logging
import ModelLoading
import Pipeline
import Settings

/// All that decides what is loaded for a stream. Streams of equal requests share it.
struct ModelRequest: Sendable, Hashable {
    let model: ModelChoice
    let engine: EngineChoice
    let size: PixelSize?

    init(_ stream: StreamConfiguration) {
        (model, engine, size) = (stream.model, stream.engine, stream.size)
    }

    /// Blocks until all of it is read and compiled.
    func load(logger: Logger, progress: (String) -> Void) throws -> LoadedModel {
        progress("reading its files")
        let opened = try model.open()
        // The source is not there yet; games are 16:9, and other shapes are scaled to it and back.
        let size =
            size.map { WorkingSize(width: $0.width, height: $0.height) }
            ?? opened.model.defaultSize(inputWidth: 16, inputHeight: 9)
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: engine.make(), size: size,
            progress: { part, done, total in progress("\(part) (\(done + 1) of \(total))") },
            warn: { logger.warning("\($0)") })
        logger.info(
            "model loaded",
            metadata: [
                "model": "\(model.model)", "size": "\(size.width)x\(size.height)",
                "engine": "\(loaded.engine.description)",
            ])
        return loaded
    }
}
