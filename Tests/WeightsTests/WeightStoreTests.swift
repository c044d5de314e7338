import Graph
import Testing

@testable import Weights

@Suite struct WeightStoreTests {
    private static let config = Array(#"{"a": 1}"#.utf8)

    private func file(_ names: [(String, Shape)], _ type: ElementType = .f32) -> [UInt8] {
        var builder = SafetensorsBuilder()
        for (name, shape) in names {
            builder.add(name, shape, (0..<shape.elementCount).map { Float($0) / 4 - 1 }, as: type)
        }
        return builder.file
    }

    @Test(arguments: [ElementType.f32, .f16, .bf16])
    func cursorYieldsStoredTypeConvertedToFloat32(_ type: ElementType) throws {
        let files = EmbeddedFiles([
            "unet/diffusion_pytorch_model.safetensors": file([("down_blocks.0.conv.weight", [2, 3])], type)
        ])
        let store = try WeightStore.open("unet", of: files)
        let builder = GraphBuilder()
        let module = store.root["down_blocks"][0]["conv"]
        #expect(module.path == "down_blocks.0.conv")
        #expect(module.contains("weight") && !module.contains("bias"))
        #expect(store.root.contains("down_blocks") && !store.root.contains("down_block"))
        let value = try module.constant("weight", [2, 3], in: builder)
        #expect(builder.type(of: value) == TensorType([2, 3], .float32))
        let constants = builder.finish().nodes.compactMap { node in
            if case .constant(let data) = node.operation { (data, node.type) } else { nil }
        }
        #expect(constants.count == 1 && constants[0].1 == TensorType([2, 3], type.storedType ?? .uint8))
        try store.checkAllUsed()
    }

    @Test func missingTensorIsNamed() throws {
        let files = EmbeddedFiles(["model.safetensors": file([("a", [1])])], description: "somewhere")
        let store = try WeightStore.open("", of: files)
        let error = #expect(throws: WeightsError.self) {
            try store.root["b"].constant("weight", [1], in: GraphBuilder())
        }
        #expect(error?.code == .missingTensor && error?.location.tensor == "b.weight")
        #expect(error?.location.file == "somewhere/model.safetensors")
    }

    @Test func wrongShapeAndTypeAreNamed() throws {
        let files = EmbeddedFiles([
            "model.safetensors": file([("a", [4])]), "x/model.safetensors": file([("a", [4])], .i64),
        ])
        let shape = #expect(throws: WeightsError.self) {
            try WeightStore.open("", of: files).root.constant("a", [2, 2], in: GraphBuilder())
        }
        #expect(shape?.code == .mismatch && shape?.location.tensor == "a" && shape?.location.byte != nil)
        let type = #expect(throws: WeightsError.self) {
            try WeightStore.open("x", of: files).root.constant("a", [4], in: GraphBuilder())
        }
        #expect(type?.code == .unsupported && type?.location.tensor == "a")
    }

    @Test func leftOverTensorsAreNamed() throws {
        let names: [(String, Shape)] = [("a", [1]), ("b", [1]), ("text_model.embeddings.position_ids", [1])]
        let store = try WeightStore.open("", of: EmbeddedFiles(["model.safetensors": file(names)]))
        _ = try store.root.constant("a", [1], in: GraphBuilder())
        let error = #expect(throws: WeightsError.self) { try store.checkAllUsed() }
        #expect(error?.code == .leftOverTensor && error?.location.tensor == "b")
        try store.checkAllUsed { $0 == "b" }
    }

    @Test func shardsAreJoinedAndCheckedAgainstTheirIndex() throws {
        func files(_ map: String) -> EmbeddedFiles {
            EmbeddedFiles([
                "unet/diffusion_pytorch_model.safetensors.index.json": Array("{\"weight_map\": \(map)}".utf8),
                "unet/1.safetensors": file([("a", [1])]), "unet/2.safetensors": file([("b", [2])]),
            ])
        }
        let store = try WeightStore.open("unet", of: files(#"{"a": "1.safetensors", "b": "2.safetensors"}"#))
        #expect(store.names == ["a", "b"] && store.parameterCount == 3 && store.byteCount == 12)
        for (map, code, tensor) in [
            (#"{"a": "2.safetensors", "b": "2.safetensors"}"#, WeightsError.Code.missingTensor, "a"),
            (#"{"a": "../unet/1.safetensors", "b": "2.safetensors"}"#, .malformed, "a"),
            (#"{"a": "1.safetensors", "b": "3.safetensors"}"#, .notFound, nil),
            (#"{"a": "1.safetensors", "b": 2}"#, .malformed, "b"),
        ] as [(String, WeightsError.Code, String?)] {
            let error = #expect(throws: WeightsError.self) { try WeightStore.open("unet", of: files(map)) }
            #expect(error?.code == code && error?.location.tensor == tensor, "\(map): \(String(describing: error))")
        }
    }

    @Test func variantsAreFoundWhereTheyAreTheOnlyOnesOrAskedFor() throws {
        let both = EmbeddedFiles([
            "model.safetensors": file([("plain", [1])]), "model.fp16.safetensors": file([("half", [1])], .f16),
        ])
        #expect(try WeightStore.open("", of: both).names == ["plain"])
        #expect(try WeightStore.open("", of: both, variant: "fp16").names == ["half"])
        let only = EmbeddedFiles(["vae/diffusion_pytorch_model.fp16.safetensors": file([("half", [1])], .f16)])
        #expect(try WeightStore.open("vae", of: only).names == ["half"])
    }

    @Test func picklesAreRefusedWithTheReason() {
        let files = EmbeddedFiles(["unet/diffusion_pytorch_model.bin": [0x80, 2]])
        let error = #expect(throws: WeightsError.self) { try WeightStore.open("unet", of: files) }
        #expect(error?.code == .unsupported && error?.message.contains("pickle") == true)
    }
}
