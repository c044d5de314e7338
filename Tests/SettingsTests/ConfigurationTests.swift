import Foundation
import Settings
import Testing

private let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("examples").path

@Suite struct ConfigurationTests {
    private let least = "streams:\n  - input: in.nut\n    model: m\n    outputs: [{to: out.mkv}]\n"

    @Test func theSampleLoads() throws {
        let configuration = try Configuration(contentsOf: "\(examples)/restyled.yaml")
        let stream = try #require(configuration.streams.first)
        #expect(stream.outputs.map(\.name) == ["recording", "live"])
        #expect(stream.settings.prompt == Prompt("watercolor painting"))
        #expect(configuration.metrics == .init(parsing: "127.0.0.1:9464"))
        #expect(try Timeline(contentsOf: "\(examples)/timeline.yaml").entries.count == 4)
    }

    /// Every key stands in the sample, and above it its default.
    @Test func theSampleIsTheManual() throws {
        let lines = try String(contentsOfFile: "\(examples)/restyled.yaml", encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        for key in ConfigurationKey.all {
            let places = lines.indices.filter { index in
                let line = lines[index].drop { "#- ".contains($0) }
                return line.hasPrefix("\(key.name):") && (!lines[index].hasPrefix("# "))
            }
            #expect(!places.isEmpty, "\(key.section.rawValue).\(key.name) is not in the sample")
            guard let defaultText = key.defaultText else { continue }
            let isStated = places.contains { place in
                var above = place - 1
                var comment = ""
                while above >= 0, lines[above].hasPrefix("#") {
                    comment = lines[above].dropFirst() + " " + comment
                    above -= 1
                }
                return comment.contains("default: \(defaultText)")
            }
            #expect(isStated, "\(key.section.rawValue).\(key.name): the sample does not say default: \(defaultText)")
        }
    }

    @Test func whatTheSampleCommentsOutIsTrueAsWell() throws {
        let text = try String(contentsOfFile: "\(examples)/restyled.yaml", encoding: .utf8)
            .replacingOccurrences(of: "input: /run/user/1000/game.nut", with: "")
            .replacing(/(?m)^( *)#(\w)/) { "\($0.output.1)\($0.output.2)" }
        let stream = try #require(try Configuration(parsing: text, file: "sample").streams.first)
        guard case .command(let words) = stream.input.origin else {
            Issue.record("no command")
            return
        }
        #expect(words.first == "ffmpeg" && words.last == "-")
        #expect(
            stream.engine.threads == 8 && stream.script == "timeline.yaml" && stream.model.vae == "/srv/models/taesd")
        #expect(
            stream.model.loras == ["/srv/models/lora/ink.safetensors:0.8"]
                && stream.model.tokenizer == "/srv/models/sd-turbo")
        #expect(stream.input.options == [.init(name: "probesize", value: "32768")])
    }

    @Test func defaults() throws {
        let configuration = try Configuration(parsing: least, file: "c")
        var expected = Configuration(streams: [
            StreamConfiguration(
                name: "main", input: InputConfiguration(.input("in.nut")),
                outputs: [OutputConfiguration(address: "out.mkv")], model: ModelChoice(model: "m"))
        ])
        expected.logLevel = .info
        #expect(configuration == expected)
    }

    @Test(arguments: [
        ("", "c: the configuration is empty"),
        ("log_level: info", "c:1: streams is missing here"),
        ("streams: []", "c:1: streams is missing here"),
        ("streams:\n  - model: m\n    outputs: [{to: a}]", "c:2: input is missing here; add a line such as"),
        ("streams:\n  - input: a\n    outputs: [{to: a}]", "c:2: model is missing here"),
        ("streams:\n  - input: a\n    model: m", "c:2: outputs is missing here"),
        (
            "streams:\n  - input: a\n    command: [b]\n    model: m\n    outputs: [{to: a}]",
            "c:3: input and command are both given"
        ),
        (
            "streams:\n  - input: a\n    model: m\n    outputs: [{too: a}]",
            "c:4: there is no key \"too\"; did you mean \"to\"?"
        ),
        ("strems: []", "c:1: there is no key \"strems\"; did you mean \"streams\"?"),
        ("log_level: loud\nSTREAM", "c:1: log_level is loud; allowed is trace, debug"),
        ("metrics: 9464\nSTREAM", "c:1: metrics is 9464; allowed is an address and a port"),
        ("STREAM    size: 100x100", "size is 100x100; allowed is width x height in multiples of 8"),
        ("STREAM    engine: cuda9", "engine is cuda9; allowed is auto, openvino, onnxruntime, cuda, reference"),
        (
            "STREAM    precision: int4",
            "precision is int4; allowed is auto, fp32, bf16, fp16, int8-weights"
        ),
        ("STREAM    lora: a.safetensors", "lora"),
        ("STREAM    name: ../x", "name is ../x; allowed is letters"),
        ("STREAM    threads: 0", "threads is 0; allowed is a whole number from 1"),
        ("STREAM    stall_timeout: 0s", "stall_timeout is 0s; allowed is a duration from 1s to 1h"),
        ("STREAM    settings: {strength: 2}", "strength is 2; allowed is a number from 0 to 1"),
        ("STREAM    settings: {strenght: 1}", "did you mean \"strength\"?"),
        ("STREAM    settings: 5", "c:5: streams[].settings must be keys with values"),
        ("STREAM    autostart: 7", "autostart is 7; allowed is true or false"),
        ("STREAM    model: n", "the key \"model\" is there twice"),
        ("STREAM  - input: a\n    model: m\n    outputs: [{to: b}]", "c:5: two streams have the name \"main\""),
        ("STREAM    loop: [", "c:"),
        ("x: &a 1\ny: *a", "c:"),
    ])
    func errorsNameLineAndKey(text: String, sentence: String) {
        let text = text.replacingOccurrences(of: "STREAM", with: least)
        let error = #expect(throws: SettingsError.self) { try Configuration(parsing: text, file: "c") }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [("[::1]:80", "::1", 80), ("localhost:65535", "localhost", 65535)])
    func addresses(text: String, host: String, port: Int) {
        let address = Configuration.Address(parsing: text)
        #expect(address?.host == host && address?.port == port)
    }

    @Test(arguments: ["", "1", ":80", "::1:80", "a:0", "a:65536", "a:b"])
    func noAddresses(text: String) { #expect(Configuration.Address(parsing: text) == nil) }
}
