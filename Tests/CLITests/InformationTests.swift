import Foundation
import MediaTools
import Testing

/// The commands that only tell something.
@Suite struct InformationTests {
    private func ask(_ arguments: String...) throws -> String {
        let outcome = try Program.run(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty)
        return String(decoding: outcome.output, as: UTF8.self)
    }

    @Test func modelsShow() throws {
        let text = try ask("models", "show", Program.models + "/sdxl")
        for word in [
            "Stable Diffusion XL", "text_encoder_2", "CLIPTextModelWithProjection", "UNet2DConditionModel",
            "AutoencoderKL", "F16", "epsilon", "in all",
        ] { #expect(text.contains(word), "\(text)") }
        let pocket = try ask("models", "show", "pocket")
        #expect(pocket.contains("AutoencoderTiny") && pocket.contains("styles"))
    }

    @Test func benchAsJSON() throws {
        let text = try ask(
            "bench", "--model", Program.models + "/lcm", "--engine", "reference", "--size", "16x16", "--frames", "4",
            "--json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        for key in ["load_ms", "settings_program_ms", "peak_memory_bytes", "frames_per_second"] {
            #expect((object[key] as? NSNumber)?.doubleValue ?? 0 > 0, "\(key)")
        }
        for key in ["frame_program_ms", "end_to_end_ms"] {
            let spread = try #require(object[key] as? [String: Double])
            #expect(Set(spread.keys) == ["median", "p95"])
            #expect(try #require(spread["median"]) <= #require(spread["p95"]))
        }
        let endToEnd = try #require((object["end_to_end_ms"] as? [String: Double])?["median"])
        let rate = try #require(object["frames_per_second"] as? Double)
        #expect(abs(rate * endToEnd / 1000 - 1) < 0.01)
    }

    @Test func doctorNamesWhatIsThere() throws {
        // Without an engine it ends with 69, and says how to get one.
        let outcome = try Program.run(["doctor"])
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect([0, 69].contains(outcome.status))
        for word in ["FFmpeg", "libavformat", "Processor", "cores", "Engines", "openvino", "cuda", "reference"] {
            #expect(text.contains(word), "\(text)")
        }
        #expect(outcome.status == 0 || text.contains("restyled setup openvino"))
    }

    @Test func doctorTellsScriptsTheSame() throws {
        let outcome = try Program.run(["doctor", "--json"])
        let report = try #require(try JSONSerialization.jsonObject(with: outcome.output) as? [String: Any])
        let findings = try #require(report["findings"] as? [[String: Any]])
        #expect(findings.allSatisfy { $0["section"] is String && $0["state"] is String && $0["text"] is String })
        #expect(report["free_disk_bytes"] is Int && report["cache_bytes"] is [String: Any])
        guard outcome.status == 0 else { return }
        // With an engine there is a measurement, and what auto takes is one of them.
        let measured = try #require(report["measured"] as? [[String: Any]])
        let auto = try #require(report["auto"] as? [String: Any])
        #expect(measured.contains { $0["device"] as? String == auto["device"] as? String })
        #expect((auto["frames_per_second"] as? Double).map { $0 > 0 } == true)
    }

    /// Every option that takes a value, and every argument, is completed by the shell.
    @Test func everyValueCompletes() throws {
        let outcome = try Program.run(["--experimental-dump-help"])
        let help = try JSONDecoder().decode(Help.self, from: outcome.output)
        let missing = help.command.incomplete(path: "").filter { !$0.contains(" help ") }
        #expect(missing.isEmpty, "\(missing)")
        #expect(help.command.subcommands?.isEmpty == false)
    }

    private struct Help: Decodable {
        struct Command: Decodable {
            let commandName: String
            let arguments: [Argument]?
            let subcommands: [Command]?

            func incomplete(path: String) -> [String] {
                let path = "\(path) \(commandName)"
                return (arguments ?? []).filter { !$0.completes }.map { "\(path) \($0.valueName ?? "")" }
                    + (subcommands ?? []).flatMap { $0.incomplete(path: path) }
            }
        }

        struct Argument: Decodable {
            struct Kind: Decodable {}
            let kind: String
            let valueName: String?
            let completionKind: Kind?
            let allValues: [String]?
            var completes: Bool { kind == "flag" || completionKind != nil || allValues?.isEmpty == false }
        }

        let command: Command
    }

    @Test(arguments: [
        [], ["run"], ["models"], ["models", "list"], ["models", "pull"], ["models", "show"], ["bench"], ["doctor"],
        ["ctl"],
    ])
    func everyCommandExplainsItself(_ command: [String]) throws {
        let outcome = try Program.run(command + ["--help"])
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        let text = String(decoding: outcome.output, as: UTF8.self)
        #expect(text.hasPrefix("OVERVIEW: ") && text.contains("USAGE: "))
        // No option without a word about it.
        let lines = text.split(separator: "\n")
        for (line, next) in zip(lines, lines.dropFirst() + [""]) where line.hasPrefix("  -") {
            let isExplained =
                line.dropFirst(26).contains { $0 != " " } || next.hasPrefix(String(repeating: " ", count: 26))
            #expect(isExplained, "\(line)")
        }
    }
}
