import Foundation
import TestTools
import Testing

@testable import HubDownload

@Suite struct HubListingTests {
    private let commit = String(repeating: "a", count: 40)

    private func listing(_ siblings: String, commit: String? = nil) throws -> HubListing {
        let text = "{\"sha\":\"\(commit ?? self.commit)\",\"siblings\":[\(siblings)]}"
        return try HubListing(parsing: Array(text.utf8), repository: "a/b")
    }

    /// Names from strangers become paths on this machine.
    @Test(arguments: [
        "../x", "/etc/passwd", "a/../../x", "a//b", "", ".", "a/.", "a\\\\b", "a\\u0000b", "a\\nb",
    ])
    func pathsThatLeaveTheFolderAreRefused(_ path: String) {
        let blob = "\"size\":1,\"blobId\":\"\(commit)\""
        let error = #expect(throws: HubError.self) { try listing("{\"rfilename\":\"\(path)\",\(blob)}") }
        #expect(error?.code == .malformed)
    }

    @Test(arguments: [
        "{\"rfilename\":\"a\"}", "{\"rfilename\":\"a\",\"size\":-1,\"blobId\":\"COMMIT\"}",
        "{\"rfilename\":\"a\",\"size\":1,\"blobId\":\"../../x\"}",
        "{\"rfilename\":\"a\",\"size\":1,\"blobId\":\"COMMIT\",\"lfs\":{\"sha256\":\"..\",\"size\":1}}",
        "{\"rfilename\":\"a\",\"size\":1,\"blobId\":\"COMMIT\",\"lfs\":{}}", "1", "{\"size\":1}",
    ])
    func sizesAndChecksumsMustBeThere(_ sibling: String) {
        #expect(throws: HubError.self) { try listing(sibling.replacingOccurrences(of: "COMMIT", with: commit)) }
    }

    @Test func sizesBeyondReasonAreRefused() throws {
        let size = { (bytes: Int) in "{\"rfilename\":\"a\",\"size\":\(bytes),\"blobId\":\"\(commit)\"}" }
        #expect(try listing(size(1 << 40)).files.count == 1)
        for bytes in [1 << 40 + 1, Int.max] { #expect(throws: HubError.self) { try listing(size(bytes)) } }
    }

    @Test(arguments: ["", "main", "../x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"])
    func commitsMustBeThere(_ commit: String) {
        #expect(throws: HubError.self) { try listing("", commit: commit) }
    }

    @Test(arguments: [
        (
            ["HF_ENDPOINT": "https://mirror.example/hub/"],
            "https://mirror.example/hub/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true"
        ),
        ([:], "https://huggingface.co/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true"),
    ])
    func addresses(_ environment: [String: String], _ expected: String) throws {
        let endpoint = try HubEndpoint(environment: environment)
        #expect(endpoint.listing(of: "a/b", revision: "refs/pr/1").absoluteString == expected)
        let file = endpoint.file("unet/a b#?.json", of: "a/b", commit: "c").absoluteString
        #expect(file.hasSuffix("/a/b/resolve/c/unet/a%20b%23%3F.json"), "\(file)")
    }

    @Test func tokensComeFromTheEnvironmentOrTheUsersFile() throws {
        let folder = try TemporaryFolder()
        try folder.write("token", Array("  saved\n".utf8))
        #expect(try HubEndpoint(environment: ["HF_TOKEN": "given", "HF_HOME": folder.path]).token == "given")
        #expect(try HubEndpoint(environment: ["HF_HOME": folder.path]).token == "saved")
        #expect(try HubEndpoint(environment: ["HF_TOKEN_PATH": folder.path + "/token"]).token == "saved")
        #expect(try HubEndpoint(environment: ["HOME": folder.path]).token == nil)
    }

    @Test(arguments: [
        (["HF_HUB_OFFLINE": "1"], "HF_HUB_OFFLINE"), (["HF_ENDPOINT": "ftp://a"], "HF_ENDPOINT is ftp://a"),
    ])
    func environmentsThatForbidItSaySo(_ environment: [String: String], _ sentence: String) {
        let error = #expect(throws: HubError.self) { try HubEndpoint(environment: environment) }
        #expect(error?.message.contains(sentence) == true)
    }
}
