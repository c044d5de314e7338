import Diffusion
import Media
import Pipeline
import Settings

/// A few frames across a clip, each beside its source: what a run of hours will look like.
struct Preview {
    static let frames = 4

    let media: MediaOptions
    let info: SourceInfo
    let restyler: Restyler
    let settings: SettingsStore

    func sheet() throws -> ContactSheet {
        let height = 270
        let width = max(16, height * info.displayWidth / max(1, info.height))
        var sheet = ContactSheet(columns: 2, tileWidth: width, tileHeight: height)
        var scaler = Scaler()
        let size = restyler.model.size
        for index in 0..<Self.frames {
            guard let frame = try frame(index) else { break }
            let small = try scaler.image(from: frame, width: size.width, height: size.height)
            try sheet.add(try scaler.image(from: frame, width: width, height: height))
            let snapshot = settings.snapshot()
            // At strength 0 the model is not asked.
            try sheet.add(snapshot.settings.strength > 0 ? restyler.restyle(small, with: snapshot) : small)
            if info.isStill { break }
        }
        return sheet
    }

    /// The frame in the middle of each part of the clip; of a stream that does not tell its length, the first.
    private func frame(_ index: Int) throws -> Frame? {
        var options = media.sourceOptions
        if let duration = info.duration {
            let place = Rational(Int64(2 * index + 1), Int64(2 * Self.frames)) * duration
            options.start = (options.start ?? .zero) + place
            options.duration = nil
        } else if index > 0 {
            return nil
        }
        let source = try VideoSource(try media.input, options)
        while let item = try source.next() { if case .frame(let frame) = item { return frame } }
        return nil
    }
}
