import Basics
import Yams

extension Configuration {
    package init(contentsOf path: String) throws(SettingsError) {
        try self.init(parsing: try readText(path, what: "configuration"), file: path)
    }

    /// - Parameter file: the name that errors give, with the line.
    package init(parsing text: String, file: String) throws(SettingsError) {
        let reader = YAMLReader(file: file)
        guard let document = try reader.document(text) else {
            throw SettingsError(.missingKey, "the configuration is empty; it needs streams", at: file)
        }
        let section = try ConfigurationSection(document, .daemon, reader)
        guard let nodes = try section.list("streams"), !nodes.isEmpty else {
            throw section.missing("streams", "streams:")
        }
        var streams: [StreamConfiguration] = []
        for node in nodes {
            let stream = try StreamConfiguration(try ConfigurationSection(node, .stream, reader))
            guard !streams.contains(where: { $0.name == stream.name }) else {
                throw reader.error(
                    .malformed, "two streams have the name \"\(stream.name)\"; give this one another", at: node)
            }
            streams.append(stream)
        }
        self.init(streams: streams)
        socket = try section.text("socket")
        stateDirectory = try section.text("state_directory")
        logLevel = try section.choice("log_level") ?? logLevel
        if try section.text("metrics") != "off" {
            metrics = try section.value("metrics", "an address and a port such as 127.0.0.1:9464, or off") {
                Address(parsing: $0)
            }
        }
    }
}

extension StreamConfiguration {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        let name =
            try section.value("name", "letters, digits, - _ and ., at most 64, the first a letter or digit") {
                StreamConfiguration.isName($0) ? $0 : nil
            } ?? "main"
        guard let nodes = try section.list("outputs"), !nodes.isEmpty else {
            throw section.missing("outputs", "outputs:")
        }
        var outputs: [OutputConfiguration] = []
        for node in nodes {
            let output = try OutputConfiguration(try ConfigurationSection(node, .output, section.reader))
            guard !outputs.contains(where: { $0.name == output.name }) else {
                throw section.reader.error(
                    .malformed, "two outputs have the name \"\(output.name)\"; give this one another", at: node)
            }
            outputs.append(output)
        }
        self.init(
            name: name, input: try InputConfiguration(section), outputs: outputs, model: try ModelChoice(section))
        size = try section.value("size", "width x height in multiples of 8, such as 512x288") { text in
            PixelSize(parsing: text).flatMap {
                $0.isWithinLimit && $0.width % 8 == 0 && $0.height % 8 == 0 ? $0 : nil
            }
        }
        engine = try EngineChoice(section)
        mask = try section.text("mask")
        script = try section.text("script")
        startsByItself = try section.boolean("autostart") ?? startsByItself
        if let node = section["settings"] {
            let section = try ConfigurationSection(node, .settings, section.reader)
            var change = SettingsChange()
            for name in SettingName.allCases {
                guard let text = try section.text(name.rawValue) else { continue }
                do throws(SettingsError) { try change.set(name.rawValue, parsing: text) } catch {
                    throw section.reader.error(error.code, error.message, at: section[name.rawValue])
                }
            }
            settings = settings.applying(change)
        }
    }

    static func isName(_ text: String) -> Bool {
        let first = text.unicodeScalars.first.map {
            $0.isASCII && $0.properties.isAlphabetic || ("0"..."9").contains($0)
        }
        return first == true && text.utf8.count <= 64
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}

extension ModelChoice {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        self.init(model: try section.required("model", "model: /srv/models/sd-turbo"))
        vae = try section.text("vae")
        unet = try section.text("unet")
        scheduler = try section.text("scheduler")
        tokenizer = try section.text("tokenizer")
        loras = try section.texts("lora")
        embeddings = try section.texts("embedding")
        predictionType = try section.choice("prediction_type")
    }
}

extension EngineChoice {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        self.init()
        engine = try section.choice("engine") ?? engine
        device = try section.text("device")
        precision = try section.choice("precision") ?? precision
        threads = try section.value("threads", "a whole number from 1 to 1024") { text in
            Int(text).flatMap { (1...1024).contains($0) ? $0 : nil }
        }
    }
}

extension InputConfiguration {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        self.init(try Origin(section))
        format = try section.text("input_format")
        options = try section.options("input_options")
        loops = try section.boolean("loop") ?? loops
        stallTimeout =
            try section.value("stall_timeout", "a duration from 1s to 1h") { text in
                Duration(parsing: text).flatMap { $0 >= .seconds(1) && $0 <= .seconds(3600) ? $0 : nil }
            } ?? stallTimeout
    }
}

extension InputConfiguration.Origin {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        let command = try section.list("command")
        switch (try section.text("input"), command) {
        case (let input?, nil): self = .input(input)
        case (nil, _?):
            let words = try section.texts("command")
            guard !words.isEmpty else {
                throw section.reader.error(.missingKey, "command needs a program", at: section["command"])
            }
            self = .command(words)
        case (nil, nil): throw section.missing("input", "input: /run/game.pipe")
        case (_?, _?):
            throw section.reader.error(
                .malformed, "input and command are both given; keep one of them", at: section["command"])
        }
    }
}

extension OutputConfiguration {
    init(_ section: ConfigurationSection) throws(SettingsError) {
        self.init(address: try section.required("to", "to: styled.mp4"))
        name = try section.text("name") ?? name
        format = try section.text("format")
        codec = try section.text("codec")
        pixelFormat = try section.text("pixel_format")
        encoderOptions = try section.options("encoder_options")
        size = try section.value("size", "width x height, such as 1280x720") { text in
            PixelSize(parsing: text).flatMap { $0.isWithinLimit ? $0 : nil }
        }
        segment = try section.value("segment", "a duration of at least 1s, such as 10min") { text in
            Duration(parsing: text).flatMap { $0 >= .seconds(1) ? $0 : nil }
        }
        overwrites = try section.boolean("overwrite") ?? overwrites
    }
}
