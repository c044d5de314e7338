/// Files that people have where safetensors or JSON should be, recognised by how they begin.
enum FileSignature {
    case largeFileStoragePointer, webPage, zip, pickle, gguf, empty

    init?(_ start: [UInt8]) {
        func begins(_ text: String) -> Bool { start.starts(with: text.utf8) }
        if start.isEmpty {
            self = .empty
        } else if begins("version https://git-lfs.github.com/spec/") {
            self = .largeFileStoragePointer
        } else if begins("<!") || begins("<html") || begins("<HTML") {
            self = .webPage
        } else if begins("PK\u{3}\u{4}") {
            self = .zip
        } else if start.count >= 2, start[0] == 0x80, (1...5).contains(start[1]) {
            self = .pickle
        } else if begins("GGUF") {
            self = .gguf
        } else {
            return nil
        }
    }

    var reason: String {
        switch self {
        case .largeFileStoragePointer:
            "this is a Git LFS pointer, not the file itself; run `git lfs pull` in the model's folder"
        case .webPage:
            "this is a web page, not the file itself; download it again (gated models need you to be signed in)"
        case .zip, .pickle:
            "this is a PyTorch pickle, which can run any program when it is read, and is not; "
                + "use the model's .safetensors file, or convert it with safetensors' convert script"
        case .gguf: "this is a GGUF file, which is not read here; use the model's .safetensors files"
        case .empty: "the file is empty; download it again"
        }
    }

    var code: WeightsError.Code {
        switch self {
        case .largeFileStoragePointer, .webPage, .empty: .malformed
        case .zip, .pickle, .gguf: .unsupported
        }
    }
}
