package import Diffusion
package import Graph
package import Weights

/// A model compiled for one working size: shared by all streams of that size.
package final class LoadedModel: Sendable {
    package let model: DiffusionModel
    package let size: WorkingSize
    package let engine: any Engine
    /// What the model knows, where it knows little; nil for one that takes any prompt.
    package let styles: ModelStyles?
    let prompts: PromptLibrary
    let program: Program

    /// Reads and compiles everything; nothing is left to read when it returns.
    /// - Parameters:
    ///   - files: where the tokenizers are: the model's folder.
    ///   - progress: called before each part is compiled, with its name, how many are done and of how many.
    ///   - warn: takes sentences for the user, from any thread.
    package init(
        _ model: DiffusionModel, files: any ModelFiles, engine: any Engine, size: WorkingSize,
        progress: (_ part: String, _ done: Int, _ total: Int) -> Void = { _, _, _ in },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        (self.model, self.engine, self.size) = (model, engine, size)
        styles = try ModelStyles(of: files)
        let graph = try model.imageToImageGraph(size, maximumSegmentBytes: engine.largestPiece)
        // First, because its weights are one piece and often the largest: its peak passes while nothing else is there.
        progress("text encoder", 0, 1)
        prompts = try PromptLibrary(model, files: files, engine: engine, styles: styles, warn: warn)
        program = try Program(graph, engine: engine) { part, done, total in
            // Settings programs are many and small: one name for all.
            progress(part.bindingTimes.changesWithFrame ? part.label : "settings", done + 1, total + 1)
        }
    }
}
