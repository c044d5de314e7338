/// One part of a model whose weights are a file by itself, as UNets distilled to one step are published: the file's
/// tensors, in diffusers' names, under the configuration of the model that the part goes into.
public struct PartWeightsFile: ModelFiles {
    private let file: any ModelFile
    private let part: String
    private let model: any ModelFiles

    /// - Parameters:
    ///   - part: "unet", "vae": whose configuration is taken from `model`.
    public init(_ file: any ModelFile, part: String, of model: any ModelFiles) {
        (self.file, self.part, self.model) = (file, part, model)
    }

    public var description: String { file.name }
    public func exists(_ path: String) -> Bool { path == "config.json" && model.exists("\(part)/\(path)") }
    public func open(_ path: String) throws -> any ModelFile { try model.open("\(part)/\(path)") }
    public func list(_ folder: String) -> [String] { [] }

    public func weights(_ folder: String, variant: String?) throws -> WeightStore {
        try WeightStore(SafetensorsFile(file).tensors, description: file.name)
    }
}
