/// A stream of a configuration, on a model so small that it needs no engine of others.
func configuration(
    name: String = "main", capture: [String] = Capture.words(), output: String = "out.mkv", outputs: String = "",
    settings: String = "", more: String = ""
) -> String {
    """
      - name: \(name)
        command: [\(capture.map { "\"\($0)\"" }.joined(separator: ", "))]
        model: \(repository)/Tests/Fixtures/models/sd-kl
        engine: reference
        size: 64x64\(more.isEmpty ? "" : "\n    " + more)
        outputs:
          - to: \(output)
            name: file\(outputs.isEmpty ? "" : "\n" + outputs)
        settings: {frame_rate: 30, prompt: snow\(settings)}

    """
}
