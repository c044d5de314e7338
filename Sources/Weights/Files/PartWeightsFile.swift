/// One part of a model whose weights are a file by itself, as UNets distilled to one step are published: the file's
/// tensors, in diffusers' names, under the configuration of the model that the part goes into.
package struct PartWeightsFile: ModelFiles {
    private let file: any ModelFile
    private let part: String
    private let model: any ModelFiles

    /// - Parameters:
    ///   - part: "unet", "vae": whose configuration is taken from `model`.
    package init(_ file: any ModelFile, part: String, of model: any ModelFiles) {
        (self.file, self.part, self.model) = (file, part, model)
    }

    package var description: String { file.name }
    package func exists(_ path: String) -> Bool { path == "config.json" && model.exists("\(part)/\(path)") }
    package func open(_ path: String) throws -> any ModelFile { try model.open("\(part)/\(path)") }
    package func list(_ folder: String) -> [String] { [] }

    package func weights(_ folder: String, variant: String?) throws -> WeightStore {
        try WeightStore(SafetensorsFile(file).tensors, description: file.name)
    }
}
