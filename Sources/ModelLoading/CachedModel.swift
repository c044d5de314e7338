import Diffusion
import Foundation
package import Weights

/// A model that can be opened without the network, for lists.
package struct CachedModel: Sendable, Hashable {
    /// What `--model` takes: "stabilityai/sdxl-turbo", "stabilityai/sdxl-turbo@0123456".
    package let name: String
    /// The family, or the class of a part by itself, or that it cannot be opened.
    package let kind: String
    package let byteCount: Int

    /// One-step models that people name without their owners.
    package static let wellKnown = ["stabilityai/sd-turbo", "stabilityai/sdxl-turbo"]

    /// The one inside the program, then those in the cache, by name: models, and parts for `--vae` and `--unet`. What
    /// belongs to other programs is left out.
    package static func all(in cache: HubCache?) -> [CachedModel] {
        let pocket = PocketModel.files
        let own = CachedModel(
            name: PocketModel.name, kind: kind(of: pocket) ?? "", byteCount: byteCount(pocket, ""))
        let cached = (cache?.models() ?? []).sorted { $0.repository < $1.repository }.flatMap { model in
            model.snapshots.sorted { $0.key < $1.key }.compactMap { commit, folder in
                let files = FolderFiles(folder)
                let isMain = model.references["main"] == commit
                let name = model.references.filter { $0.value == commit }.keys.min() ?? String(commit.prefix(7))
                return kind(of: files).map { kind in
                    CachedModel(
                        name: isMain ? model.repository : "\(model.repository)@\(name)", kind: kind,
                        byteCount: byteCount(files, ""))
                }
            }
        }
        return [own] + cached
    }

    /// Nil for what is not a model of diffusers'.
    private static func kind(of files: any ModelFiles) -> String? {
        if files.exists("model_index.json") {
            let model = try? DiffusionModel(ModelSources(model: files))
            return model?.family.rawValue ?? "can't be opened; `restyled models show` says why"
        }
        let classes = ["AutoencoderKL", "AutoencoderTiny", "UNet2DConditionModel"]
        let name = try? PartConfig("config.json", of: files).optional("_class_name", as: String.self)
        if let name, classes.contains(name) { return name }
        let hasWeights = files.list("").contains { $0.hasSuffix(".safetensors") }
        return hasWeights && !files.exists("config.json") ? "single files" : nil
    }

    private static func byteCount(_ files: any ModelFiles, _ folder: String) -> Int {
        files.list(folder).reduce(0) { sum, name in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            guard let file = try? files.open(path) else { return sum + byteCount(files, path) }
            return sum + file.byteCount
        }
    }
}
