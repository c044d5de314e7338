import Foundation
import Synchronization
import TestTools
import Testing
import Weights

@testable import HubDownload

@Suite struct ModelPullTests {
    /// A model as publishers leave it: everything several times, in formats that nothing here reads.
    static let files: [String: HubServer.File] = {
        func large(_ seed: Int, _ count: Int) -> HubServer.File {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 251 &+ seed) }
            return HubServer.File(bytes: bytes, sha256: SHA256.digest(of: bytes))
        }
        func small(_ text: String) -> HubServer.File { HubServer.File(bytes: Array(text.utf8)) }
        var files = [
            "model_index.json": small("{}"), "README.md": small("# A model"), "picture.jpg": large(9, 2000),
            "whole_fp16.safetensors": large(8, 100_000), "unet/diffusion_pytorch_model.bin": large(7, 5000),
            "unet/diffusion_pytorch_model.safetensors": large(1, 600_000),
            "unet/diffusion_pytorch_model.fp16.safetensors": large(2, 300_001),
            "vae/diffusion_pytorch_model.safetensors": large(3, 70_000),
            "text_encoder/model.safetensors.index.json": small("{\"weight_map\":{}}"),
            "text_encoder/model-00001-of-00002.safetensors": large(4, 1000),
            "text_encoder/model-00002-of-00002.safetensors": large(5, 1000),
            "safety_checker/config.json": small("{}"), "safety_checker/model.safetensors": large(6, 100_000),
            "scheduler/scheduler_config.json": small("{\"a\":1}"), "tokenizer/vocab.json": small("{\"b\":2}"),
            "tokenizer/merges.txt": small("a b"), "unet/model.onnx": large(10, 100),
        ]
        for part in ["unet", "vae", "text_encoder"] { files["\(part)/config.json"] = small("{\"part\":\"\(part)\"}") }
        return files
    }()

    static let needed = [
        "model_index.json", "scheduler/scheduler_config.json", "text_encoder/config.json",
        "text_encoder/model-00001-of-00002.safetensors", "text_encoder/model-00002-of-00002.safetensors",
        "text_encoder/model.safetensors.index.json", "tokenizer/merges.txt", "tokenizer/vocab.json", "unet/config.json",
        "unet/diffusion_pytorch_model.fp16.safetensors", "vae/config.json", "vae/diffusion_pytorch_model.safetensors",
    ]
    static let unet = "unet/diffusion_pytorch_model.fp16.safetensors"

    private struct Setting {
        let server: HubServer
        let folder: TemporaryFolder
        var cache: HubCache { HubCache(folder: folder.path) }

        func pull(_ name: String = "owner/name", token: String? = nil, retries: Int = 0) throws -> ModelPull {
            try ModelPull(
                name, from: HubEndpoint(address: server.address, token: token), into: cache, retries: (retries, 0.001))
        }

        /// The files below a snapshot, sorted.
        func files(_ snapshot: String) throws -> [String] {
            let all = try #require(FileManager.default.subpaths(atPath: snapshot))
            return all.filter {
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(snapshot)/\($0)")) != nil
            }
            .sorted()
        }
    }

    private func withServer(
        _ files: [String: HubServer.File] = files, _ body: @Sendable (Setting) throws -> Void
    ) async throws {
        let server = try await HubServer(files)
        let result = Result { try body(Setting(server: server, folder: try TemporaryFolder())) }
        try await server.stop()
        try result.get()
    }

    @Test func takesWhatIsNeededIntoTheCachesLayout() async throws {
        try await withServer { setting in
            let reports = Mutex<[PullProgress]>([])
            let snapshot = try setting.pull().run { report in reports.withLock { $0.append(report) } }
            #expect(try setting.files(snapshot) == Self.needed)
            for name in Self.needed {
                let bytes = try Data(contentsOf: URL(filePath: "\(snapshot)/\(name)"))
                #expect(Array(bytes) == Self.files[name]?.bytes, "\(name)")
            }
            let link = try FileManager.default.destinationOfSymbolicLink(atPath: "\(snapshot)/\(Self.unet)")
            #expect(link == "../../../blobs/\(Self.files[Self.unet]?.sha256 ?? "")")
            // The cache's own reader finds it, by name and without the network.
            #expect(try setting.cache.resolve("owner/name").exists("unet/config.json"))
            #expect(setting.cache.models().first?.references == ["main": HubServer.commit])
            let sizes = reports.withLock { $0.map(\.byteCount) }
            #expect(sizes == sizes.sorted() && sizes.last == reports.withLock { $0.last?.totalByteCount })
            #expect(sizes.last == Self.needed.reduce(0) { $0 + (Self.files[$1]?.bytes.count ?? 0) })

            // Again: nothing is asked for but the list.
            setting.server.fail(nil)
            #expect(try setting.pull().run() == snapshot)
            #expect(setting.server.requests.count == 1)
        }
    }

    @Test func filesByNameAndRevisionsByName() async throws {
        try await withServer { setting in
            let snapshot = try setting.pull("owner/name@refs/pr/1").run(["whole_fp16.safetensors"])
            #expect(try setting.files(snapshot) == ["whole_fp16.safetensors"])
            #expect(try setting.cache.resolve("owner/name", revision: "refs/pr/1").exists("whole_fp16.safetensors"))
            _ = try setting.pull("owner/name@\(HubServer.commit)").run(["README.md"])
            #expect(setting.cache.models().first?.references == ["refs/pr/1": HubServer.commit])
        }
    }

    /// Connections that end early, over and over, also between two runs.
    @Test func goesOnWhereItStopped() async throws {
        try await withServer { setting in
            setting.server.fail(.cut(after: 100_000))
            let error = #expect(throws: HubError.self) { try setting.pull().run([Self.unet]) }
            #expect(error?.code == .unreachable && error?.message.contains("goes on where it stopped") == true)
            let partial =
                "\(setting.folder.path)/models--owner--name/blobs/"
                + (Self.files[Self.unet]?.sha256 ?? "") + ".incomplete"
            let begun = try FileManager.default.attributesOfItem(atPath: partial)[.size] as? Int
            #expect(begun.map { $0 > 0 && $0 < 300_001 } == true, "\(begun ?? -1) bytes")

            setting.server.fail(.cut(after: 100_000))
            let snapshot = try setting.pull(retries: 3).run([Self.unet])
            #expect(
                try Array(Data(contentsOf: URL(filePath: "\(snapshot)/\(Self.unet)"))) == Self.files[Self.unet]?.bytes
            )
            let ranges = setting.server.requests.filter(\.isStorage).compactMap(\.range)
            #expect(ranges.first == "bytes=\(begun ?? -1)-300000" && ranges.count >= 2)
            #expect(!FileManager.default.fileExists(atPath: partial))
        }
    }

    @Test func serversWithoutRangesBeginAnew() async throws {
        try await withServer { setting in
            setting.server.fail(.cut(after: 100_000))
            #expect(throws: HubError.self) { try setting.pull().run([Self.unet]) }
            setting.server.fail(.ignoresRanges)
            let snapshot = try setting.pull().run([Self.unet])
            #expect(
                try Array(Data(contentsOf: URL(filePath: "\(snapshot)/\(Self.unet)"))) == Self.files[Self.unet]?.bytes
            )
        }
    }

    @Test func damageIsSeenAndNotKept() async throws {
        try await withServer { setting in
            setting.server.fail(.damage)
            let error = #expect(throws: HubError.self) { try setting.pull().run([Self.unet]) }
            #expect(error?.code == .malformed && error?.message.contains("SHA-256") == true)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: "\(setting.folder.path)/models--owner--name/blobs")
                    .isEmpty)
            setting.server.fail(nil)
            _ = try setting.pull().run([Self.unet])
        }
    }

    @Test func theTokenIsTheHubsAlone() async throws {
        try await withServer { setting in
            _ = try setting.pull(token: "secret").run()
            for request in setting.server.requests {
                #expect(request.authorization == (request.isStorage ? nil : "Bearer secret"), "\(request.path)")
            }
            #expect(setting.server.requests.contains { $0.isStorage })
        }
    }

    @Test(arguments: [
        (
            HubServer.Fault.status(403, code: "GatedRepo"), HubError.Code.notPermitted,
            "gated: accept its terms at http://127"
        ),
        (.status(401, code: "GatedRepo"), .notPermitted, "HF_TOKEN"),
        (.status(401), .notFound, "no model 'owner/name'"), (.status(404), .notFound, "check the name"),
        (.status(429), .unreachable, "status 429"), (.status(500), .unreachable, "status 500"),
        (.boasts(1 << 40), .cannotWrite, "the disk has room for"),
    ])
    func refusalsAreSentences(_ fault: HubServer.Fault, _ code: HubError.Code, _ sentence: String) async throws {
        try await withServer { setting in
            setting.server.fail(fault)
            let error = #expect(throws: HubError.self) { try setting.pull().run() }
            #expect(error?.code == code && error?.message.contains(sentence) == true, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        ("owner/other", [], "no model 'owner/other'"), ("owner/name@v2", [], "no revision 'v2'"),
        ("owner/name", ["nothing.safetensors"], "no file 'nothing.safetensors'"), ("name", [], "OWNER/NAME"),
        ("owner/name@", [], "OWNER/NAME"),
    ])
    func whatIsNotThereIsNamed(_ name: String, _ files: [String], _ sentence: String) async throws {
        try await withServer { setting in
            let error = #expect(throws: HubError.self) { try setting.pull(name).run(files) }
            #expect(
                error?.code == .notFound && error?.message.contains(sentence) == true, "\(String(describing: error))")
        }
    }

    @Test func aTokenThatIsNotTakenIsSaid() async throws {
        try await withServer { setting in
            setting.server.fail(.status(401))
            let error = #expect(throws: HubError.self) { try setting.pull(token: "old").run() }
            #expect(error?.code == .notPermitted && error?.message.contains("does not take the token") == true)
        }
    }

    @Test func passingTroubleIsWaitedOut() async throws {
        try await withServer { setting in
            setting.server.fail(.cut(after: 0), times: 3)
            _ = try setting.pull(retries: 3).run()
        }
    }

    @Test func picklesAreNotDownloaded() async throws {
        var files = Self.files.filter { !$0.key.hasPrefix("vae/diff") }
        files["vae/diffusion_pytorch_model.bin"] = HubServer.File(bytes: [1, 2, 3])
        try await withServer(files) { setting in
            let error = #expect(throws: HubError.self) { try setting.pull().run() }
            #expect(error?.message.contains("'vae/'") == true && error?.message.contains("pickles") == true)
            #expect(setting.server.requests.count == 1)
        }
    }

    @Test func filesWithoutAFolderAreToldByName() async throws {
        let one = HubServer.File(bytes: [1])
        try await withServer(["one_step_unet.safetensors": one]) { setting in
            let error = #expect(throws: HubError.self) { try setting.pull().run() }
            #expect(error?.message.contains("such as one_step_unet.safetensors") == true)
        }
        // A part's own folder, such as an autoencoder's.
        try await withServer(["config.json": one, "diffusion_pytorch_model.safetensors": one, "a.md": one]) { setting in
            let snapshot = try setting.pull().run()
            #expect(try setting.files(snapshot) == ["config.json", "diffusion_pytorch_model.safetensors"])
        }
    }

    @Test func twoAtATimeDoNotMix() async throws {
        try await withServer { setting in
            let blobs = "\(setting.folder.path)/models--owner--name/blobs"
            try FileManager.default.createDirectory(atPath: blobs, withIntermediateDirectories: true)
            let file = try #require(Self.files[Self.unet])
            let other = try BlobFile(
                HubFile(path: Self.unet, byteCount: 300_001, etag: file.sha256 ?? "", sha256: file.sha256), in: blobs)
            let error = #expect(throws: HubError.self) { try setting.pull().run([Self.unet]) }
            #expect(error?.code == .busy)
            _ = consume other
        }
    }

    @Test func noServerIsASentence() throws {
        let folder = try TemporaryFolder()
        // Nothing listens on the discard port.
        let endpoint = HubEndpoint(address: try #require(URL(string: "http://127.0.0.1:9")))
        let pull = try ModelPull("owner/name", from: endpoint, into: HubCache(folder: folder.path), retries: (0, 0))
        let error = #expect(throws: HubError.self) { try pull.run() }
        #expect(error?.code == .unreachable && error?.message.contains("127.0.0.1 could not be reached") == true)
    }

    @Test func aFullDiskIsASentence() throws {
        errno = ENOSPC
        let error = BlobFile.error("/cache/blob")
        #expect(error.code == .cannotWrite && error.message.contains("the disk is full"))
    }
}
