import ArgumentParser
import Diffusion
import Foundation
import Media
import ModelLoading
import Pipeline
import Settings

struct StylesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "styles", abstract: "The styles that a small model knows, with the wordings it answers to.",
        discussion: """
            restyled styles
            restyled styles --picture frame.png -o styles.jpg
            """)

    @Argument(help: "What --model takes.", completion: .models)
    var model = PocketModel.name
    @Option(
        help: ArgumentHelp(
            "Restyle this picture, or a video's first frame, in every style, and write all of them as one picture.",
            valueName: "file"), completion: .videos)
    var picture: String?
    @Option(
        name: .customShort("o"), help: ArgumentHelp("The file of that picture.", valueName: "file"),
        completion: .pictures)
    var output = "styles.jpg"
    @Flag(name: .customShort("y"), help: "Overwrite it if it exists.")
    var overwrite = false

    func run() throws {
        let terminal = Terminal()
        let opened = try ModelChoice(model: model).open()
        guard let styles = try ModelStyles(of: opened.files) else {
            throw UsageError("\(model) has no list of styles: it takes any prompt")
        }
        let rows = styles.styles.map { [$0.style, $0.wordings.joined(separator: ", ")] }
        print(TextTable([["style", "prompts that mean it"]] + rows, rightAligned: []))
        guard let picture else { return }

        let source = try VideoSource(picture, SourceOptions())
        var frame: Frame?
        while frame == nil, let item = try source.next() { if case .frame(let first) = item { frame = first } }
        guard let frame else { throw MediaError(.noVideo, "holds no picture", at: picture) }
        let size = opened.model.defaultSize(inputWidth: source.info.displayWidth, inputHeight: source.info.height)
        let loaded = try LoadedModel(
            opened.model, files: opened.tokenizers, engine: EngineChoice().make(), size: size,
            progress: { part, _, _ in if terminal.isTerminal { terminal.redraw("Loading the model: \(part)") } })
        let restyler = try Restyler(loaded)
        var scaler = Scaler()
        let small = try scaler.image(from: frame, width: size.width, height: size.height)
        let width = 320
        var sheet = ContactSheet(
            columns: 4, tileWidth: width, tileHeight: max(16, width * source.info.height / source.info.displayWidth))
        try sheet.add(small)
        let store = SettingsStore()
        for style in styles.styles {
            if terminal.isTerminal { terminal.redraw("Restyling: \(style.style)") }
            var change = SettingsChange()
            try change.set("prompt", parsing: style.wordings.first ?? style.style)
            store.apply(change)
            try sheet.add(try restyler.restyle(small, with: store.snapshot()))
        }
        try sheet.write(to: output, overwriting: overwrite)
        terminal.print(
            "\(output): the picture itself, then the styles in the order above, from left to right, 4 in a row")
    }
}
