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
            .init(.stream, "loop", "false", "whether a file begins anew when it ends"),
            .init(.stream, "stall_timeout", "10s", "a source silent for this long is opened anew"),
            .init(.stream, "outputs", nil, "at least one"),
            .init(.stream, "model", nil, "a folder, a checkpoint, a name in the Hugging Face cache, or pocket"),
            .init(.stream, "vae", "the model's own", "another autoencoder: a folder or a name in the cache"),
            .init(.stream, "unet", "the model's own", "another UNet: a folder, a file or a name in the cache"),
            .init(.stream, "scheduler", "the model's own", "a folder with another scheduler_config.json"),
            .init(.stream, "tokenizer", "the model's own", "a model whose tokenizer a checkpoint uses"),
            .init(.stream, "lora", "none", "LoRA files, each with :SCALE behind it or without"),
            .init(.stream, "prediction_type", "the scheduler's", "epsilon, v_prediction or sample"),
            .init(.stream, "size", "16:9, as large as the model was made for", "what the model works at"),
            .init(.stream, "engine", "auto", "auto, openvino, cuda or reference"),
            .init(.stream, "precision", "fp32", "fp32, bf16 or fp16 where the processor has them, or int8-weights"),
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
