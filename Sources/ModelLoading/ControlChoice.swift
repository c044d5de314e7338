import Diffusion
import Weights

/// Which controls, what each looks at, and how much it counts: what `--control` and `--control-image` name, and a stream's
/// keys of the same names.
struct ControlChoice {
    /// `MODEL` or `MODEL:SCALE`.
    let controls: [String]
    /// `ControlImage`'s names; the first is the first control's, and where one is missing the control's own name tells.
    let images: [String]

    /// - Parameter files: opens a folder or a name in the cache.
    /// - Returns: the controls, and a sentence for the user about each whose picture was not chosen.
    /// - Throws: where nothing tells what a control is to look at, or it is of a kind that is not supported.
    func open(_ files: (String) throws -> any ModelFiles) throws -> (sources: [ControlSource], notes: [String]) {
        guard images.count <= controls.count else {
            throw DiffusionError(
                .badRequest,
                "--control-image is given \(images.count) times for \(controls.count) controls; give it once for each, in "
                    + "their order", at: "")
        }
        var notes: [String] = []
        let sources = try controls.enumerated().map { index, argument in
            let (place, scale) = try Self.scaled(argument)
            let own: any ModelFiles
            switch ModelLocation(place) {
            case .checkpoint(let path): own = try ControlWeightsFile(DiskFile(path))
            case .repository: own = try files(place)
            case .folder(let path):
                own = FolderFiles(path)
                guard own.exists("config.json") else {
                    throw WeightsError(
                        .notFound,
                        "there is no control here; name a folder with a control's config.json, a ControlNet's .safetensors "
                            + "file, or OWNER/NAME on the hub", file: path)
                }
            }
            guard index >= images.count else {
                guard let image = ControlImage(images[index]) else {
                    throw DiffusionError(
                        .badRequest,
                        "--control-image \(images[index]) is not known; a control looks at \(ControlImage.allowed)",
                        at: "")
                }
                return ControlSource(own, scale: scale, image: image)
            }
            let (image, note) = try Self.image(for: place, own)
            notes.append(note)
            return ControlSource(own, scale: scale, image: image)
        }
        return (sources, notes)
    }

    /// "canny-sd21", "thibaud/controlnet-sd21-canny-diffusers:0.8".
    private static func scaled(_ argument: String) throws -> (place: String, scale: Float) {
        guard let colon = argument.lastIndex(of: ":"), let scale = Float(argument[argument.index(after: colon)...])
        else {
            return (argument, 1)
        }
        let place = String(argument[..<colon])
        guard (0...10).contains(scale) else {
            throw DiffusionError(.badRequest, "the scale of a control is from 0 to 10, not \(scale)", at: place)
        }
        return (place, scale)
    }

    /// What the control's name says that it looks at, or else the card that lies beside it.
    private static func image(for place: String, _ files: any ModelFiles) throws -> (ControlImage, note: String) {
        let name = place.split(separator: "/").last.map(String.init) ?? place
        let card = (try? files.read("README.md", limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) }
        let (hint, source) =
            ControlImageHint(name).map { ($0, "name") } ?? card.flatMap { ControlImageHint($0) }.map { ($0, "card") }
            ?? (nil, "")
        switch hint {
        case .image(let image, let word):
            return (
                image,
                "\(name) looks at \(image.description), because its \(source) says \"\(word)\"; --control-image chooses another"
            )
        case .needsNetwork(let word):
            throw DiffusionError(
                .badRequest,
                "its \(source) says \"\(word)\", a picture that only a network of its own can make, and none is built in "
                    + "yet; choose what it looks at instead with --control-image, from \(ControlImage.allowed)",
                at: place)
        case nil:
            throw DiffusionError(
                .badRequest,
                "neither its name nor a card tells what it looks at; say it with --control-image, from \(ControlImage.allowed)",
                at: place)
        }
    }
}
