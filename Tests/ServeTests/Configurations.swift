/// A stream of a configuration, on a model so small that it needs no engine of others.
func configuration(
    name: String = "main", picture: String = "testsrc=size=64x48:rate=15", output: String = "out.mkv",
    outputs: String = "",
    settings: String = ""
) -> String {
    """
      - name: \(name)
        command: \(Capture.command(picture))
        model: \(repository)/Tests/Fixtures/models/sd-kl
        engine: reference
        size: 64x64
        outputs:
          - to: \(output)
            name: file\(outputs.isEmpty ? "" : "\n" + outputs)
        settings: {frame_rate: 30, prompt: snow\(settings)}

    """
}
