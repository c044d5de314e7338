import EngineTools
import Foundation
import Graph
import ReferenceEngine
import Testing
import Tokenizer
import Weights

@testable import Diffusion

/// Against diffusers' `load_textual_inversion`, by make_embeddings.py.
@Suite struct TextualInversionTests {
    private static let folder = "\(Fixture.folder)/embeddings"

    private func inversion(_ name: String, _ token: String?) throws -> TextualInversion {
        try TextualInversion(argument: "\(Self.folder)/\(name).safetensors" + (token.map { ":" + $0 } ?? ""))
    }

    private func model(_ name: String, _ inversions: [TextualInversion]) throws -> DiffusionModel {
        var sources = ModelSources(model: Fixture.files(name))
        sources.embeddings = inversions
        return try DiffusionModel(sources)
    }

    private func tokenizers(_ name: String, _ model: DiffusionModel) throws -> [CLIPTokenizer] {
        try model.textEncoders.map {
            try CLIPTokenizer($0.tokenizerName, of: Fixture.files(name), learnedTokens: $0.learnedTokens)
        }
    }

    @Test(arguments: ["sd-kl", "sdxl"])
    func promptsEqualDiffusers(_ name: String) throws {
        let inversions =
            name == "sdxl"
            ? [try inversion("sdxl", "sun")] : [try inversion("sd", nil), try inversion("sd-three", "wave")]
        let model = try model(name, inversions)
        let tokenizers = try tokenizers(name, model)
        let encoder = try PromptEncoder(model, engine: ReferenceEngine())
        let json = try Data(contentsOf: URL(filePath: "\(Self.folder)/prompts.json"))
        let prompts = try #require(try JSONDecoder().decode([String: [String]].self, from: json)[name])
        let stored = try SafetensorsFile(FolderFiles(Self.folder).open("expected.safetensors")).tensors
        func bytes(_ tensor: String) throws -> [UInt8] {
            try #require(stored.first { $0.name == tensor }, "\(tensor)").bytes()
        }
        func floats(_ tensor: String) throws -> [Float] {
            try bytes(tensor).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        }
        for (k, prompt) in prompts.enumerated() {
            let ids = tokenizers.map { $0.encode(prompt).ids }
            for (e, row) in ids.enumerated() {
                let expected = try bytes("\(name).\(k).ids.\(e)").withUnsafeBytes {
                    Array($0.bindMemory(to: Int64.self))
                }
                #expect(row == expected, "\(prompt)")
            }
            let embedding = try encoder.encode(ids)
            #expect(relativeError(embedding.hiddenStates, try floats("\(name).\(k).prompt_embeds")) < 1e-4)
            if let pooled = embedding.pooled {
                #expect(relativeError(pooled, try floats("\(name).\(k).pooled")) < 1e-4)
            }
        }
    }

    @Test func theWordIsTheFilesOwnUnlessAnotherIsGiven() throws {
        #expect(try inversion("sd", nil).token == "<ink>" && inversion("sd", "x").token == "x")
        #expect(try inversion("sd-three", nil).token == "sd-three" && inversion("sdxl", nil).token == "sdxl")
    }

    @Test func whatFitsNoEncoderOrIsNoInversionIsASentence() throws {
        var error = #expect(throws: WeightsError.self) { try model("sd-kl", [inversion("sdxl", nil)]) }
        #expect(error?.message.contains("another family") == true)
        error = #expect(throws: WeightsError.self) {
            try TextualInversion(argument: "\(Fixture.folder)/models/sd-kl/vae/diffusion_pytorch_model.safetensors")
        }
        #expect(error?.message.contains("not a textual inversion") == true)
        error = #expect(throws: WeightsError.self) { try inversion("sd", "two words") }
        #expect(error?.message.contains("FILE:WORD") == true)
        error = #expect(throws: WeightsError.self) { try TextualInversion(argument: "/nowhere/x.safetensors") }
        #expect(error?.code == .notFound)
    }

    @Test(arguments: ["a", "<|endoftext|>", "wate", "<INK>"])
    func aWordThatIsTakenIsRefused(_ word: String) throws {
        let model = try model("sd-kl", [try inversion("sd", nil), try inversion("sd-three", word)])
        let error = #expect(throws: WeightsError.self) { try tokenizers("sd-kl", model) }
        #expect(error?.message.contains("'\(word)'") == true)
    }

    @Test func whatFindsNoRoomIsToldByItsWords() throws {
        let model = try model("sd-kl", [try inversion("sd", nil)])
        let text = String(repeating: "<ink> ", count: 76) + "colo"
        #expect(try tokenizers("sd-kl", model)[0].encode(text).truncated?.hasPrefix("<ink> ") == true)
    }
}
