import Diffusion
import Graph
import ModelLoading
import Settings
import Testing

@Suite struct EngineChoiceTests {
    @Test(arguments: [
        (EngineName.openvino, "sd-tiny"), (.openvino, "sdxl"), (.openvino, "pocket"), (.reference, "sdxl"),
    ])
    func int8WeightsKeepThePicture(_ engine: EngineName, _ name: String) throws {
        let isPocket = name == "pocket"
        let opened = try ModelChoice(model: isPocket ? name : "\(TestModel.folder)/\(name)").open()
        let whole = try TestModel.engine(EngineChoice(engine, precision: .fp32))
        let small = try TestModel.engine(EngineChoice(engine, precision: .int8Weights))
        let (width, height) = isPocket ? (320, 184) : (64, 40)
        let expected = try TestModel.picture(opened, on: whole, width: width, height: height)
        let picture = try TestModel.picture(opened, on: small, width: width, height: height)
        let ratio = psnr(picture, expected)
        #expect(ratio >= 35, "\(ratio) dB")
        #expect(picture != expected, "nothing was rounded")
        #expect(small.description.contains("int8"))
    }

    /// Where the processor has it the picture stays near; elsewhere it is refused, never left out in silence.
    @Test(arguments: [(Precision.bf16, 28.0), (.fp16, 35)])
    func lowerPrecisionIsUsedOrRefused(_ precision: Precision, _ decibels: Double) throws {
        let opened = try ModelChoice(model: "pocket").open()
        let whole = try TestModel.engine(EngineChoice(.openvino, precision: .fp32))
        let lowered: any Engine
        do {
            lowered = try EngineChoice(.openvino, precision: precision).make()
        } catch let error as EngineError {
            #expect(error.code == .notFound && error.message.contains("does not compute in \(precision.rawValue)"))
            return
        }
        let expected = try TestModel.picture(opened, on: whole, width: 320, height: 184)
        let picture = try TestModel.picture(opened, on: lowered, width: 320, height: 184)
        let ratio = psnr(picture, expected)
        #expect(ratio >= decibels && picture != expected, "\(ratio) dB")
    }

    /// What `auto` takes is the faster one where there is one, and the picture of the shipped model shows nothing of it.
    @Test func autoStaysWithin35Decibels() throws {
        let opened = try ModelChoice(model: "pocket").open()
        let auto = try TestModel.engine(EngineChoice())
        let whole = try TestModel.engine(EngineChoice(.openvino, precision: .fp32))
        let expected = try TestModel.picture(opened, on: whole, width: 320, height: 184)
        let ratio = psnr(try TestModel.picture(opened, on: auto, width: 320, height: 184), expected)
        #expect(ratio >= 35, "\(ratio) dB")
        #expect(auto.description.contains("in bf16") || auto.description.contains("in fp32"))
    }

    @Test(arguments: [Precision.bf16, .fp16])
    func theReferenceEngineRefusesOtherPrecisions(_ precision: Precision) throws {
        let error = #expect(throws: EngineError.self) { try EngineChoice(.reference, precision: precision).make() }
        #expect(error?.message.contains(precision.rawValue) == true)
    }

    /// Asked for, it is there or told what is missing; its weights have no int8.
    @Test(arguments: Precision.allCases)
    func cudaIsThereOrSaysWhatIsMissing(_ precision: Precision) throws {
        do {
            #expect(try EngineChoice(.cuda, precision: precision).make().name == "cuda")
            #expect(precision != .int8Weights)
        } catch let error as EngineError {
            #expect(error.code == .notFound)
            let words = precision == .int8Weights ? ["int8", "bf16"] : ["NVIDIA", "NVRTC", "GPU"]
            #expect(words.contains { error.message.contains($0) }, "\(error)")
        }
    }

    /// Not measured yet, it is for those who ask for it.
    @Test func autoLeavesCUDAOut() throws {
        #expect(try TestModel.engine(EngineChoice(.auto)).name == "openvino")
    }

    @Test func aStreamsKeysAreTaken() throws {
        let text = """
            streams:
              - input: a
                model: m
                unet: u
                vae: v
                scheduler: s
                tokenizer: t
                lora: [a.safetensors, "b.safetensors:0.5"]
                embedding: [c.safetensors, "d.safetensors:<d>"]
                prediction_type: v_prediction
                engine: reference
                precision: int8-weights
                threads: 3
                outputs: [{to: b}]
            """
        let stream = try #require(try Configuration(parsing: text, file: "c").streams.first)
        var choice = ModelChoice(model: "m")
        (choice.unet, choice.vae, choice.scheduler, choice.tokenizer) = ("u", "v", "s", "t")
        choice.loras = ["a.safetensors", "b.safetensors:0.5"]
        choice.embeddings = ["c.safetensors", "d.safetensors:<d>"]
        choice.predictionType = .velocity
        #expect(stream.model == choice)
        #expect(stream.engine == EngineChoice(.reference, precision: .int8Weights, threads: 3))
    }
}
