import Foundation
import ModelLoading
import Settings
import TestTools
import Testing
import Weights

@Suite struct CachedModelTests {
    private let commits = ["0123456789abcdef0123456789abcdef01234567", "fedcba9876543210fedcba9876543210fedcba98"]

    private func add(_ name: String, _ source: String, _ commit: String, to folder: TemporaryFolder) throws {
        let model = "models--" + name.replacingOccurrences(of: "/", with: "--")
        try folder.write("\(model)/snapshots/.keep", [])
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(model)/snapshots/.keep")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/\(model)/snapshots/\(commit)", withDestinationPath: source)
    }

    @Test func modelsAndPartsAreToldAndOtherThingsLeftOut() throws {
        let folder = try TemporaryFolder()
        let broken = try TemporaryFolder()
        try broken.write("model_index.json", Array("{}".utf8))
        let language = try TemporaryFolder()
        try language.write("config.json", Array("{\"model_type\":\"llama\"}".utf8))
        try language.write("model.safetensors", [1])
        let files = try TemporaryFolder()
        try files.write("one_step_unet.safetensors", [1, 2, 3])
        try add("a/sdxl", "\(TestModel.folder)/sdxl", commits[0], to: folder)
        try add("a/sdxl", "\(TestModel.folder)/sd-kl", commits[1], to: folder)
        try folder.write("models--a--sdxl/refs/main", Array(commits[0].utf8))
        try add("b/taesd", "\(TestModel.folder)/lcm/vae", commits[0], to: folder)
        try add("c/broken", broken.path, commits[0], to: folder)
        try add("d/language", language.path, commits[0], to: folder)
        try add("e/files", files.path, commits[0], to: folder)
        let found = CachedModel.all(in: HubCache(folder: folder.path))
        #expect(
            found.map(\.name) == [
                "pocket", "a/sdxl", "a/sdxl@fedcba9", "b/taesd@0123456", "c/broken@0123456", "e/files@0123456",
            ])
        #expect(
            found.map { String($0.kind.prefix(19)) } == [
                "Stable Diffusion", "Stable Diffusion XL", "Stable Diffusion", "AutoencoderTiny", "can't be opened;",
                "single files",
            ])
        #expect(found[0].byteCount > 1 << 20 && found[5].byteCount == 3 && found[1].byteCount > 100_000)
        // Every name is one that --model takes.
        #expect(throws: Never.self) {
            try ModelChoice(model: found[2].name).open(environment: ["HF_HUB_CACHE": folder.path])
        }
    }
}
