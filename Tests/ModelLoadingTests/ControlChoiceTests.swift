import Diffusion
import Foundation
import Graph
import Media
import ModelLoading
import Pipeline
import Settings
import TestTools
import Testing

/// Controls by the names that `--control` takes.
@Suite struct ControlChoiceTests {
    private static let controls = URL(filePath: TestModel.folder).deletingLastPathComponent().appending(
        path: "controls"
    )
    .path

    private func choice(_ controls: [String], images: [String] = []) -> ModelChoice {
        var choice = ModelChoice(model: "\(TestModel.folder)/sd-kl")
        (choice.controls, choice.controlImages) = (controls, images)
        return choice
    }

    private func refusal(_ controls: [String], images: [String] = []) -> String {
        do {
            _ = try choice(controls, images: images).open()
            return ""
        } catch { return "\(error)" }
    }

    /// The restyled test picture, at strength 0.6.
    private func picture(_ choice: ModelChoice) throws -> [UInt8] {
        try TestModel.picture(choice.open(), on: EngineChoice(.reference).make())
    }

    /// A control's folder under another name, and with a card.
    private func copy(_ name: String, card: String? = nil) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in ["config.json", "diffusion_pytorch_model.safetensors"] {
            try folder.write(
                "\(name)/\(file)", Array(Data(contentsOf: URL(filePath: "\(Self.controls)/sd-canny/\(file)"))))
        }
        if let card { try folder.write("\(name)/README.md", Array(card.utf8)) }
        return folder
    }

    @Test func aControlsNameTellsWhatItLooksAt() throws {
        let opened = try choice(["\(Self.controls)/sd-canny:0.5", "\(Self.controls)/sd-tile"]).open()
        #expect(opened.model.controls.map(\.image) == [.canny, .tile])
        #expect(opened.model.controls.map(\.scale) == [0.5, 1])
        #expect(opened.notes.count == 2)
        #expect(opened.notes[0].contains("canny edges of the frame") && opened.notes[0].contains("name says"))
        #expect(opened.model.parts.suffix(2).map(\.className) == ["ControlNetModel", "ControlNetModel"])
        let plain = try choice([]).open().model.float32ByteCount
        #expect(opened.model.float32ByteCount > plain)
    }

    @Test(arguments: [
        ("control_v11p_sd15_softedge", ControlImage.edges), ("controlnet-canny-sdxl-1.0", .canny),
        ("t2iadapter_canny_sd15v2", .canny), ("control_v11f1e_sd15_tile", .tile), ("ioclab-brightness", .luma),
        ("thibaud-controlnet-sd21-hed", .edges), ("t2i-adapter-sketch-sdxl-1.0", .edges),
    ])
    func namesOfPublishedControls(_ name: String, _ image: ControlImage) {
        guard case .image(image, _) = ControlImageHint(name) else {
            Issue.record("\(name)")
            return
        }
    }

    @Test func aCardTellsWhereTheNameDoesNot() throws {
        let folder = try copy("mine", card: "# Mine\nTrained on Canny edges of games.")
        let opened = try choice(["\(folder.path)/mine"]).open()
        #expect(opened.model.controls[0].image == .canny && opened.notes[0].contains("card says"))
    }

    @Test func whatNothingTellsIsAskedFor() throws {
        let folder = try copy("mine")
        let text = refusal(["\(folder.path)/mine"])
        #expect(text.contains("--control-image") && text.contains("mine"), "\(text)")
        #expect(refusal(["\(folder.path)/mine"], images: ["luma"]).isEmpty)
        #expect(try choice(["\(folder.path)/mine"], images: ["canny:5:50"]).open().notes.isEmpty)
        let depth = try copy("mine-depth")
        #expect(refusal(["\(depth.path)/mine-depth"]).contains("network of its own"))
    }

    @Test(arguments: [["blobs"], ["canny:9"], ["canny:200:100"], ["luma", "luma"]])
    func imagesThatAreNotKnown(_ images: [String]) {
        #expect(refusal(["\(Self.controls)/sd-canny"], images: images).contains("--control-image"))
    }

    /// One control, in diffusers' folder, as that folder's file alone, and in its authors' layout.
    @Test func aSingleFileIsTheSameControl() throws {
        let canny = try picture(choice(["\(Self.controls)/sd-canny"]))
        for file in ["sd-canny/diffusion_pytorch_model.safetensors", "sd-canny-original.safetensors"] {
            #expect(try picture(choice(["\(Self.controls)/\(file)"], images: ["canny"])) == canny, "\(file)")
        }
        #expect(try picture(choice([])) != canny)
        #expect(try picture(choice(["\(Self.controls)/sd-canny"], images: ["none"])) != canny)
        #expect(try picture(choice(["\(Self.controls)/sd-canny:0"])) == picture(choice([])))
    }

    @Test(arguments: [
        ("lora_controlnet", "control-lora"), ("input_blocks.1.1.proj_in.up", "control-lora"),
        ("lllite_unet_x.weight", "LLLite"), ("control_add_embedding.linear_1.weight", "union"),
        ("adapter.body.0.block1.weight", "T2I-Adapter"), ("double_blocks.0.weight", "transformer"),
        ("conv_in.weight", "not a ControlNet"),
    ])
    func filesOfOtherKindsAreNamed(_ tensor: String, _ words: String) throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("canny.safetensors", tensors: [(tensor, [1], [0])])
        let text = refusal([file])
        #expect(text.contains(words) && text.contains("canny.safetensors"), "\(text)")
    }

    @Test(arguments: ["nothing", ""])
    func aFolderWithoutAControlIsTold(_ name: String) {
        #expect(refusal(["\(Self.controls)/\(name)"], images: ["luma"]).contains("there is no control here"))
    }

    @Test func aScaleOutOfRangeIsTold() {
        #expect(refusal(["\(Self.controls)/sd-canny:11"]).contains("0 to 10"))
    }

    @Test func aStreamsKeysAreTaken() throws {
        let text = """
            streams:
              - input: a
                model: m
                control: [c, "d:0.5"]
                control_image: ["canny:50:150", tile]
                settings: {control_scale: 0.3}
                outputs: [{to: b}]
            """
        let stream = try #require(try Configuration(parsing: text, file: "c").streams.first)
        let choice = ModelChoice(stream)
        #expect(choice.controls == ["c", "d:0.5"] && choice.controlImages == ["canny:50:150", "tile"])
        #expect(stream.settings.controlScale == 0.3)
    }

    /// The scale is a setting like any other: nothing is compiled for it, and 0 is no control.
    @Test func theScaleMovesWhileItRuns() throws {
        let engine = try EngineChoice(.reference).make()
        let opened = try choice(["\(Self.controls)/sd-canny"]).open()
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: engine, size: .init(width: 40, height: 24))
        let restyler = try Restyler(loaded)
        var settings = StreamSettings()
        settings.prompt = Prompt("watercolor painting")
        func picture(_ scale: Double) throws -> [UInt8] {
            settings.controlScale = scale
            return try restyler.restyle(TestModel.source(40, 24), with: SettingsStore(settings).snapshot()).bytes
        }
        let pictures = try [0, 0.5, 1, 0.5].map(picture)
        #expect(pictures[1] == pictures[3] && Set(pictures).count == 3)
        let plain = try choice([]).open()
        let bare = try LoadedModel(
            plain.model, files: plain.tokenizers, engine: engine, size: .init(width: 40, height: 24))
        let snapshot = SettingsStore(settings).snapshot()
        #expect(try Restyler(bare).restyle(TestModel.source(40, 24), with: snapshot).bytes == pictures[0])
    }
}
