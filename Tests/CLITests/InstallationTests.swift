import Foundation
import MediaTools
import Testing

/// What `examples/install` put into `.build/installed`, used as on a machine without a toolchain.
@Suite(.enabled(if: Program.release != nil, "not installed: examples/install --prefix .build/installed"))
struct InstallationTests {
    private let scratch: Scratch
    private let program: URL
    private var prefix: String { program.deletingLastPathComponent().deletingLastPathComponent().path }

    init() throws {
        scratch = try Scratch()
        program = try #require(Program.release)
    }

    private func shell(_ script: String, _ environment: [String: String] = [:]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["--norc", "--noprofile", "-c", script]
        process.environment = ["PATH": "\(prefix)/bin:/usr/bin:/bin", "HOME": scratch.path].merging(environment) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test func startsWithoutTheToolchain() throws {
        #expect(try shell("restyled --version") == "0.1.0\n")
        let libraries = try shell("ldd \(program.path)")
        #expect(libraries.contains("libavformat") && !libraries.contains("libswift"), "\(libraries)")
        #expect(!libraries.contains("not found"))
    }

    @Test func everythingIsInItsPlace() throws {
        let files = try String(contentsOfFile: prefix + "/share/restyled/installed-files", encoding: .utf8)
            .split(separator: "\n").map(String.init)
        for file in files { #expect(FileManager.default.fileExists(atPath: "\(prefix)/\(file)"), "\(file)") }
        for file in [
            "bin/restyled", "share/man/man1/restyled.1.gz", "share/bash-completion/completions/restyled",
            "share/zsh/site-functions/_restyled", "share/fish/vendor_completions.d/restyled.fish",
            "lib/systemd/system/restyled@.service", "lib/systemd/user/restyled@.service",
        ] { #expect(files.contains(file), "\(file)") }
        let unit = try String(contentsOfFile: prefix + "/lib/systemd/system/restyled@.service", encoding: .utf8)
        #expect(unit.contains("ExecStart=\(prefix)/bin/restyled serve "))
        #expect(try shell("zcat \(prefix)/share/man/man1/restyled.1.gz").contains("restyled"))
    }

    /// What Tests/run made of the same program: its contents, its dependencies, and its tree by itself. Tests/debian installs
    /// it into a bare system.
    @Test(.enabled(if: Self.package != nil, "no package: examples/package deb"))
    func thePackageHoldsWhatItNeeds() throws {
        let package = try #require(Self.package)
        let contents = try shell("dpkg-deb --contents '\(package)'")
        for file in [
            "./usr/bin/restyled", "./usr/share/doc/restyled/copyright", "./usr/share/man/man1/restyled.1.gz",
            "./usr/share/bash-completion/completions/restyled", "./lib/systemd/system/restyled@.service",
        ] { #expect(contents.contains(" \(file)\n") || contents.contains(" ./usr/\(file.dropFirst(2))\n"), "\(file)") }
        let control = try shell("dpkg-deb --field '\(package)' Depends")
        #expect(control.contains("libavformat") && control.contains("libc6"))
        for name in control.split(separator: ",") {
            let name = String(name.split(separator: "|")[0].split(separator: " ")[0])
            // What the machine has, or could get.
            let found = try shell("dpkg-query -W -f ok '\(name)' 2>/dev/null || apt-cache show '\(name)' 2>/dev/null")
            #expect(!found.isEmpty, "\(name) is nowhere")
        }
        let run = try shell("dpkg-deb -x '\(package)' tree && tree/usr/bin/restyled --version", ["LD_LIBRARY_PATH": ""])
        #expect(run == "0.1.0\n")
    }

    private static let package: String? = {
        let folder =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/.build"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.first { $0.hasSuffix(".deb") }.map { "\(folder)/\($0)" }
    }()

    /// What bash offers for a line that is typed so far.
    private func completions(_ words: String...) throws -> [String] {
        let list = (["restyled"] + words).map { "'\($0)'" }.joined(separator: " ")
        let text = try shell(
            """
            source \(prefix)/share/bash-completion/completions/restyled
            COMP_WORDS=(\(list)); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
            function=$(complete -p restyled | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            $function restyled "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
            printf '%s\\n' "${COMPREPLY[@]}"
            """)
        return text.split(separator: "\n").map { String($0).replacingOccurrences(of: "\\", with: "") }
    }

    @Test func bashCompletes() throws {
        for name in ["game.mp4", "notes.txt"] {
            _ = FileManager.default.createFile(atPath: scratch(name), contents: nil)
        }
        #expect(try completions("ru") == ["run"])
        #expect(try completions("run", "--mode") == ["--model"])
        #expect(try completions("run", "--model", "").contains("pocket"))
        #expect(try completions("run", "--engine", "op") == ["openvino"])
        #expect(try completions("run", "-i", "ga") == ["game.mp4"])
        #expect(try completions("run", "--prompt", "").contains { $0.contains("oil painting") })
        #expect(try completions("run", "--precision", "bf") == ["bf16"])
        #expect(try completions("setup", "").contains("openvino"))
        #expect(try completions("ctl", "pau") == ["pause"])
        #expect(try completions("ctl", "set", "stren") == ["strength="])
        // Values: encoders, styles of another model, devices, files of a kind, folders.
        #expect(try completions("run", "-c:v", "ffv").contains("ffv1"))
        #expect(try completions("run", "--device", "").contains("CPU"))
        #expect(try completions("serve", "--config", "no").isEmpty)
        try FileManager.default.createDirectory(atPath: scratch("states"), withIntermediateDirectories: true)
        #expect(try completions("serve", "--state-directory", "st") == ["states"])
        #expect(try completions("run", "--scheduler", "st") == ["states"])
        #expect(try completions("run", "--lora", "ga").isEmpty)
        #expect(try completions("models", "show", "po") == ["pocket"])
        #expect(try completions("run", "--steps", "") == ["1", "2", "3", "4"])
        #expect(try completions("doctor", "--engine", "cu") == ["cuda"])
    }

    /// A model in the cache is offered by its name.
    @Test func bashCompletesCachedModels() throws {
        let snapshot = scratch(".cache/huggingface/hub/models--acme--little/snapshots/0123")
        try FileManager.default.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: scratch(".cache/huggingface/hub/models--acme--little/refs"), withIntermediateDirectories: true)
        try "0123".write(
            toFile: scratch(".cache/huggingface/hub/models--acme--little/refs/main"), atomically: true, encoding: .utf8)
        try "{}".write(toFile: snapshot + "/model_index.json", atomically: true, encoding: .utf8)
        #expect(try completions("run", "--model", "acme").contains("acme/little"))
    }
}
