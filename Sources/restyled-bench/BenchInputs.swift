import Diffusion
import Graph
import Weights

/// A frame and a stream's settings, from a safetensors file.
struct BenchInputs {
    private let tensors: [String: WeightTensor]
    /// RGB8.
    let frame: [UInt8]
    let size: WorkingSize

    /// - Throws: `WeightsError` where the file or one of its tensors is missing.
    init(_ path: String) throws {
        let file = try SafetensorsFile(DiskFile(path))
        tensors = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard let tensor = tensors["frame"], tensor.shape.rank == 4, tensor.shape[3] == 3 else {
            throw WeightsError(.malformed, "there is no frame of [1, H, W, 3]", file: path)
        }
        frame = try tensor.bytes()
        size = WorkingSize(width: tensor.shape[2], height: tensor.shape[1])
    }

    /// - Returns: nil where the file has no such tensor.
    func floats(_ name: String) throws -> [Float]? {
        try tensors[name]?.bytes().withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}
