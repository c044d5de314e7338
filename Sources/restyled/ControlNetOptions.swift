import ArgumentParser
import Diffusion

/// What holds the picture to the frame's structure: shared by the commands that open a model.
struct ControlNetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A ControlNet or T2I-Adapter of the model's family, which keeps the frame's structure at any strength: a folder, "
                + "a ControlNet's .safetensors file, or a name in the cache; may be given several times.",
            valueName: "model[:scale]"), completion: .models)
    var control: [String] = []
    @Option(
        help: ArgumentHelp(
            "What the control looks at: canny (white edges; canny:LOW:HIGH for other thresholds than 100 and 200), edges (soft "
                + "ones), luma (the frame in grey), tile (the frame without detail) or none (the frame itself); once for each "
                + "control. (default: what its name or card says)", valueName: "kind"),
        completion: .list(ControlImage.names))
    var controlImage: [String] = []

    var isEmpty: Bool { control.isEmpty && controlImage.isEmpty }

    func validate() throws {
        if controlImage.count > control.count {
            throw ValidationError(
                "--control-image is given \(controlImage.count) times for \(control.count) controls; give one --control for "
                    + "each.")
        }
        if let other = controlImage.first(where: { ControlImage($0) == nil }) {
            throw ValidationError("--control-image \(other) is not known; it takes \(ControlImage.allowed).")
        }
    }
}
