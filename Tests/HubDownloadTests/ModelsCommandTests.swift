import Foundation
import TestTools
import Testing

@testable import HubDownload

/// `restyled models pull` and `list` as a user runs them.
@Suite struct ModelsCommandTests {
    /// The program that was built along with the tests.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("restyled")

    private struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// - Parameter environment: the whole of it, so that nobody's token or cache is touched.
    private static func run(_ arguments: [String], _ environment: [String: String]) throws -> Outcome {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = program
        process.arguments = ["models"] + arguments
        process.environment = environment
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        let text = { (pipe: Pipe) in String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self) }
        let texts = (text(output), text(errors))
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: texts.0, errors: texts.1)
    }

    /// A tiny model of the other tests' fixtures, as a publisher would have uploaded it.
    private static func model() throws -> [String: HubServer.File] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/models/sdxl")
        let names = try #require(FileManager.default.subpaths(atPath: folder.path))
        var files: [String: HubServer.File] = [:]
        for name in names where name.hasSuffix(".json") || name.hasSuffix(".txt") || name.hasSuffix(".safetensors") {
            let bytes = Array(try Data(contentsOf: folder.appending(path: name)))
            files[name] = HubServer.File(
                bytes: bytes, sha256: name.hasSuffix(".safetensors") ? SHA256.digest(of: bytes) : nil)
        }
        return files
    }

    @Test func pulledModelsAreListedAndShown() async throws {
        let server = try await HubServer(try Self.model())
        let folder = try TemporaryFolder()
        let environment = ["HF_HOME": folder.path, "HF_ENDPOINT": try server.address.absoluteString]
        let outcome = try Self.run(["pull", "owner/name"], environment)
        try await server.stop()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let snapshot = "\(folder.path)/hub/models--owner--name/snapshots/\(HubServer.commit)"
        #expect(outcome.output == snapshot + "\n")
        #expect(outcome.errors.contains("restyled: unet/diffusion_pytorch_model-00002-of-00003.safetensors\n"))

        let list = try Self.run(["list"], environment)
        let lines = list.output.split(separator: "\n")
        #expect(list.status == 0 && lines.count == 3, "\(list.output)\(list.errors)")
        #expect(lines.last?.hasPrefix("owner/name  Stable Diffusion XL") == true)
        #expect(!list.output.contains(" 0.0 MiB"))
        #expect(lines[1].hasPrefix("pocket ") && lines.last?.hasSuffix("iB") == true)

        let show = try Self.run(["show", "owner/name@0123456"], environment)
        #expect(show.output.hasPrefix("owner/name@0123456: Stable Diffusion XL\n"), "\(show.errors)")
    }

    @Test(arguments: [
        (HubServer.Fault.status(403, code: "GatedRepo"), Int32(77), "is gated: accept its terms"),
        (.status(401, code: "RepoNotFound"), 66, "no model 'owner/name'"), (.boasts(1 << 40), 74, "room for"),
        (.damage, 65, "came damaged"),
    ])
    func failuresEndWithTheRightStatus(_ fault: HubServer.Fault, _ status: Int32, _ sentence: String) async throws {
        let server = try await HubServer(try Self.model())
        let folder = try TemporaryFolder()
        server.fail(fault)
        let environment = ["HF_HOME": folder.path, "HF_ENDPOINT": try server.address.absoluteString]
        let outcome = try Self.run(["pull", "owner/name"], environment)
        try await server.stop()
        #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.status) \(outcome.errors)")
    }

    @Test(arguments: [
        (["pull", "owner/name"], ["HF_HOME": "/nowhere", "HF_HUB_OFFLINE": "1"], Int32(75), "HF_HUB_OFFLINE"),
        (["pull", "name"], ["HF_HOME": "/nowhere"], 66, "OWNER/NAME"),
        (["pull", "owner/name"], [:], 64, "HF_HOME"),
        (["show", "owner/name"], ["HF_HOME": "/nowhere"], 66, "restyled models pull owner/name"),
        (["show", "/nowhere/model.ckpt"], [:], 66, "no such file"),
    ])
    func mistakesAreSentences(
        _ arguments: [String], _ environment: [String: String], _ status: Int32, _ sentence: String
    ) throws {
        let outcome = try Self.run(arguments, environment)
        #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.status) \(outcome.errors)")
        #expect(outcome.errors.hasPrefix("restyled: ") && outcome.output.isEmpty)
    }
}
