import Basics
import Yams

/// The keys of one part of a configuration, taken by name and by type.
struct ConfigurationSection {
    let reader: YAMLReader
    let node: Node
    private let members: [String: Node]

    init(_ node: Node, _ section: ConfigurationKey.Section, _ reader: YAMLReader) throws(SettingsError) {
        (self.reader, self.node) = (reader, node)
        let known = ConfigurationKey.names(section)
        var members: [String: Node] = [:]
        for (key, name, value) in try reader.mapping(node, section.rawValue) {
            guard known.contains(name) else { throw reader.error(.unknownKey, unknownKey(name, known: known), at: key) }
            // A key with nothing behind it is as good as none.
            if value.null == nil || value.scalar?.style != .plain { members[name] = value }
        }
        self.members = members
    }

    subscript(key: String) -> Node? { members[key] }

    func text(_ key: String) throws(SettingsError) -> String? {
        guard let node = members[key] else { return nil }
        return try reader.text(node, key)
    }

    func required(_ key: String, _ example: String) throws(SettingsError) -> String {
        guard let text = try text(key), !text.isEmpty else { throw missing(key, example) }
        return text
    }

    func missing(_ key: String, _ example: String) -> SettingsError {
        reader.error(.missingKey, "\(key) is missing here; add a line such as \"\(example)\"", at: node)
    }

    /// A value that `read` makes of the text.
    func value<Value>(_ key: String, _ allowed: String, _ read: (String) -> Value?) throws(SettingsError) -> Value? {
        guard let text = try text(key) else { return nil }
        guard let value = read(text) else {
            throw reader.error(.outOfRange, "\(key) is \(text); allowed is \(allowed)", at: members[key])
        }
        return value
    }

    func boolean(_ key: String) throws(SettingsError) -> Bool? {
        try value(key, "true or false") { text in
            switch text {
            case "true", "yes", "on": true
            case "false", "no", "off": false
            default: nil
            }
        }
    }

    /// One of an enumeration's names.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String) throws(SettingsError) -> Choice? {
        try value(key, Choice.allCases.map(\.rawValue).joined(separator: ", ")) { Choice(rawValue: $0) }
    }

    func list(_ key: String) throws(SettingsError) -> [Node]? {
        guard let node = members[key] else { return nil }
        return try reader.sequence(node, key)
    }

    /// A list of texts; empty where the key is absent.
    func texts(_ key: String) throws(SettingsError) -> [String] {
        var texts: [String] = []
        for node in try list(key) ?? [] { texts.append(try reader.text(node, key)) }
        return texts
    }

    /// FFmpeg's options, sorted by name, so that equal configurations are equal.
    func options(_ key: String) throws(SettingsError) -> [FormatOption] {
        guard let node = members[key] else { return [] }
        var options: [FormatOption] = []
        for (_, name, value) in try reader.mapping(node, key) {
            options.append(.init(name: name, value: try reader.text(value, name)))
        }
        return options.sorted { $0.name < $1.name }
    }
}

/// One line of the schema of `restyled.yaml`, by which the file is read and the sample is checked.
package struct ConfigurationKey: Sendable, Hashable {
    package enum Section: String, Sendable, CaseIterable {
        case daemon
        case stream = "streams[]"
        case output = "streams[].outputs[]"
        /// The live settings, whose lines are those of the schema of settings.
        case settings = "streams[].settings"
    }

    package let section: Section
    package let name: String
    /// As the sample writes it in `default: …`; nil for what must be given.
    package let defaultText: String?
    package let help: String

    private init(_ section: Section, _ name: String, _ defaultText: String?, _ help: String) {
        (self.section, self.name, self.defaultText, self.help) = (section, name, defaultText, help)
    }

    package static let all: [ConfigurationKey] =
        [
            .init(.daemon, "socket", "$XDG_RUNTIME_DIR/restyled.sock", "the control socket"),
            .init(.daemon, "state_directory", "$XDG_STATE_HOME/restyled", "where live settings are kept over restarts"),
            .init(.daemon, "log_level", "info", "trace, debug, info, notice, warning, error or critical"),
            .init(.daemon, "metrics", "off", "address and port of /metrics and /healthz, or off"),
            .init(.daemon, "streams", nil, "at least one"),
            .init(.stream, "name", "main", "letters, digits, - _ and ."),
            .init(.stream, "input", nil, "a file, a FIFO, pipe: or a URL; or give command"),
            .init(.stream, "command", "none", "a program and its arguments, which writes the capture to its stdout"),
            .init(.stream, "input_format", "probed", "FFmpeg's name of a demuxer"),
            .init(.stream, "input_options", "none", "options of the demuxer, by FFmpeg's names"),
            .init(.stream, "loop", "false", "whether a file begins again when it ends"),
            .init(.stream, "stall_timeout", "10s", "a source silent for this long is opened again"),
            .init(.stream, "outputs", nil, "at least one"),
            .init(.stream, "model", nil, "a folder, a checkpoint, a name in the Hugging Face cache, or pocket"),
            .init(.stream, "vae", "the model's own", "another autoencoder: a folder, a file or a name in the cache"),
            .init(.stream, "unet", "the model's own", "another UNet: a folder, a file or a name in the cache"),
            .init(.stream, "scheduler", "the model's own", "a folder with another scheduler_config.json"),
            .init(.stream, "tokenizer", "the model's own", "a model whose tokenizer a checkpoint uses"),
            .init(.stream, "lora", "none", "LoRA files, each with :SCALE behind it or without"),
            .init(.stream, "embedding", "none", "textual inversions, each with :TOKEN behind it or without"),
            .init(.stream, "prediction_type", "the scheduler's", "epsilon, v_prediction or sample"),
            .init(.stream, "size", "16:9, as large as the model was made for", "what the model works at"),
            .init(.stream, "engine", "auto", "auto, openvino, onnxruntime, cuda or reference"),
            .init(.stream, "device", "the first", "the engine's name of a device, such as GPU or GPU.1"),
            .init(.stream, "precision", "auto", "auto, fp32, bf16 or fp16 where the device has them, or int8-weights"),
            .init(.stream, "threads", "all", "threads of the engine"),
            .init(.stream, "mask", "none", "a picture beside this file: white restyles, black keeps the source"),
            .init(.stream, "script", "none", "a timeline of settings, beside this file"),
            .init(.stream, "autostart", "true", "whether it begins with the daemon"),
            .init(.stream, "settings", "the defaults below", "what it begins with"),
            .init(.output, "to", nil, "a file, a FIFO, a camera's device or a URL"),
            .init(.output, "name", "what is in to", "its name in stats and metrics"),
            .init(.output, "format", "by the name", "FFmpeg's name of a muxer"),
            .init(.output, "codec", "the muxer's usual one", "FFmpeg's name of an encoder"),
            .init(.output, "pixel_format", "the encoder's usual one", "FFmpeg's name of a pixel format"),
            .init(.output, "encoder_options", "none", "options of the encoder, by FFmpeg's names"),
            .init(.output, "size", "the source's", "such as 1280x720"),
            .init(.output, "segment", "none", "a new file is begun after this long"),
            .init(.output, "overwrite", "false", "whether a file that is there may be overwritten"),
        ]
        + SettingDefinition.all.map { .init(.settings, $0.name.rawValue, $0.defaultText, $0.help) }

    static func names(_ section: Section) -> [String] { all.filter { $0.section == section }.map(\.name) }
}
