import Graph
package import Weights

/// A textual inversion: vectors that were learned for a word of the prompt (arXiv 2208.01618).
///
/// Read are diffusers' form (one tensor under the word's name), A1111's (`emb_params`) and that of SDXL (`clip_l` and
/// `clip_g`, one for each encoder).
package struct TextualInversion: Sendable {
    /// What stands for the vectors in a prompt, in any case.
    package let token: String
    /// [vectors, features] or [features]; one for each text encoder, or one for the encoder that it fits.
    private let vectors: [WeightTensor]
    private let file: String

    /// Words of a prompt are 75 at most.
    private static let maximumVectors = 75
    private static let extraLarge = ["clip_l", "clip_g"]

    /// - Parameter token: nil for the name that the file gives, or else its own.
    package init(_ file: any ModelFile, token: String? = nil) throws {
        let tensors = try SafetensorsFile(file).tensors
        self.file = file.name
        let names = tensors.map(\.name)
        func failure(_ message: String) -> WeightsError { WeightsError(.unsupported, message, file: file.name) }
        if Set(names).isSubset(of: Self.extraLarge), !names.isEmpty {
            vectors = Self.extraLarge.compactMap { name in tensors.first { $0.name == name } }
        } else if tensors.count == 1 {
            vectors = tensors
        } else {
            throw failure(
                "this is not a textual inversion: those hold one tensor, or clip_l and clip_g, not \(names.count) tensors; "
                    + "a LoRA is given with --lora")
        }
        for tensor in vectors {
            let isTable = (1...2).contains(tensor.shape.rank) && !tensor.shape.dimensions.contains(0)
            guard isTable, tensor.shape.rank == 1 || tensor.shape[0] <= Self.maximumVectors else {
                throw WeightsError(
                    .mismatch, "its shape \(tensor.shape) is not one of 1 to \(Self.maximumVectors) vectors",
                    at: tensor.location)
            }
        }
        let fileName = file.name.split(separator: "/").last.map(String.init) ?? file.name
        let stem = fileName.hasSuffix(".safetensors") ? String(fileName.dropLast(".safetensors".count)) : fileName
        self.token =
            token ?? (names == ["emb_params"] || names.contains(where: Self.extraLarge.contains) ? stem : names[0])
        guard !self.token.isEmpty, !self.token.contains(where: \.isWhitespace) else {
            throw failure("'\(self.token)' is not one word; give the word that stands for it as FILE:WORD")
        }
    }

    /// "FILE" or "FILE:TOKEN", as `--embedding` takes it.
    package init(argument: String) throws {
        guard !FolderFiles("").exists(argument), let colon = argument.lastIndex(of: ":") else {
            try self.init(DiskFile(argument))
            return
        }
        try self.init(DiskFile(String(argument[..<colon])), token: String(argument[argument.index(after: colon)...]))
    }

    /// What each text encoder takes of it.
    /// - Parameter features: the widths of the model's text encoders.
    /// - Throws: where the vectors fit none of them.
    func vectors(forEncodersOf features: [Int]) throws -> [WeightTensor?] {
        var result = [WeightTensor?](repeating: nil, count: features.count)
        for (index, tensor) in vectors.enumerated() {
            let width = tensor.shape[-1]
            // A tensor by itself goes to the encoder that it fits; the two of SDXL have their own.
            let isPair = Self.extraLarge.contains(tensor.name)
            let place =
                isPair
                ? Self.extraLarge.firstIndex(of: tensor.name).flatMap { $0 < features.count ? $0 : nil }
                : features.firstIndex(of: width) ?? index
            guard let place, features[place] == width else {
                throw WeightsError(
                    .mismatch,
                    "its vectors have \(width) features, where the model's text encoders take "
                        + "\(features.map(String.init).joined(separator: " and ")); it is made for another family",
                    at: tensor.location)
            }
            result[place] = tensor
        }
        return result
    }
}
