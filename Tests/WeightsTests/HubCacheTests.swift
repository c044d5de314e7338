import Foundation
import TestTools
import Testing

@testable import Weights

@Suite struct HubCacheTests {
    private let commit = "0123456789abcdef0123456789abcdef01234567"

    /// The layout that huggingface_hub makes: blobs, and snapshots of links to them.
    private func cache() throws -> (TemporaryFolder, HubCache) {
        let folder = try TemporaryFolder()
        let model = "hub/models--stabilityai--sd-turbo"
        try folder.write("\(model)/blobs/aaaa", Array(#"{"a": 1}"#.utf8))
        try folder.write("\(model)/refs/main", Array("\(commit)\n".utf8))
        try folder.write("\(model)/refs/refs/pr/3", Array(commit.utf8))
        try folder.write("\(model)/snapshots/\(commit)/unet/.keep", [])
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/\(model)/snapshots/\(commit)/unet/config.json",
            withDestinationPath: "../../../blobs/aaaa")
        try folder.write("hub/datasets--a--b/refs/main", Array(commit.utf8))
        return (folder, HubCache(folder: folder.path + "/hub"))
    }

    @Test(arguments: ["main", "refs/pr/3", "0123456789abcdef0123456789abcdef01234567", "0123456"])
    func revisionsResolveToSnapshots(_ revision: String) throws {
        let (folder, cache) = try cache()
        let files = try cache.resolve("stabilityai/sd-turbo", revision: revision)
        #expect(try PartConfig("unet/config.json", of: files).value("a") == 1)
        #expect(files.description.hasPrefix(folder.path))
    }

    @Test func whatIsMissingNamesTheCommand() throws {
        let (folder, cache) = try cache()
        for (name, revision) in [
            ("stabilityai/sdxl-turbo", "main"), ("stabilityai/sd-turbo", "v2"), ("stabilityai/sd-turbo", "012345"),
            ("../sd-turbo", "main"), ("sd-turbo", "main"), ("stabilityai/..", "main"),
        ] {
            let error = #expect(throws: WeightsError.self) { try cache.resolve(name, revision: revision) }
            #expect(error?.code == .notFound && error?.message.contains("restyled models pull") == true)
        }
        #expect(folder.path.isEmpty == false)
    }

    @Test func modelsAreListed() throws {
        let (folder, cache) = try cache()
        let models = cache.models()
        #expect(models.map(\.repository) == ["stabilityai/sd-turbo"])
        #expect(models.first?.references == ["main": commit, "refs/pr/3": commit])
        #expect(models.first?.snapshots.keys.sorted() == [commit])
        #expect(HubCache(folder: folder.path + "/nowhere").models().isEmpty)
    }

    @Test(arguments: [
        (["HF_HUB_CACHE": "/a", "HF_HOME": "/b"], "/a"), (["HF_HOME": "/b", "HOME": "/h"], "/b/hub"),
        (["HF_HOME": "~/b", "HOME": "/h"], "/h/b/hub"), (["HF_HOME": "", "HOME": "/h"], "/h/.cache/huggingface/hub"),
        (["XDG_CACHE_HOME": "/x", "HOME": "/h"], "/x/huggingface/hub"), (["HUGGINGFACE_HUB_CACHE": "/c"], "/c"),
    ])
    func theEnvironmentSaysWhere(_ environment: [String: String], _ folder: String) {
        #expect(HubCache(environment: environment)?.folder == folder)
    }

    @Test func locationsAreToldApart() throws {
        let (folder, cache) = try cache()
        #expect(HubCache(environment: [:]) == nil)
        let file = try folder.write("x.safetensors", [])
        guard case .folder = ModelLocation(folder.path), case .checkpoint = ModelLocation(file),
            case .checkpoint = ModelLocation("/nowhere/x.ckpt"), case .repository = ModelLocation("a/b"),
            case .folder = ModelLocation("/nowhere/at/all")
        else {
            Issue.record("a location was taken for another kind")
            return
        }
        #expect(try ModelLocation("stabilityai/sd-turbo").open(cache: cache).exists("unet/config.json"))
        let pickle = try folder.write("x.ckpt", [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 20))
        let error = #expect(throws: WeightsError.self) { try ModelLocation(pickle).open(cache: nil) }
        #expect(error?.code == .unsupported && error?.message.contains("pickle") == true)
        #expect(throws: WeightsError.self) { try ModelLocation("/nowhere/at/all").open(cache: nil) }
    }
}
