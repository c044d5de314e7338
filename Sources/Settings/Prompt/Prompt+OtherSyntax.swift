extension Prompt {
    /// What neighbouring programs read out of a prompt's text and a text encoder reads as plain words: a sentence for
    /// each kind, with the way it is done here.
    package static func syntaxNotRead(in text: String) -> [String] {
        var sentences: [String] = []
        if let found = text.firstMatch(of: /\([^()]*:\s*-?[0-9]*\.?[0-9]+\s*\)/) {
            sentences.append(
                "\(found.0.prefix(60)) in the prompt is read as plain text; weights are given to whole texts, as in "
                    + "'\"oil painting\":0.7, \"snow\":0.3'")
        }
        if text.contains(/\bBREAK\b/) {
            sentences.append(
                "BREAK in the prompt is read as a word; texts are mixed as in '\"oil painting\":1, \"snow\":1'")
        }
        if let found = text.firstMatch(of: /<(?:lora|lyco):([^<>:]*):?([^<>:]*)[^<>]*>/.ignoresCase()) {
            let scale = found.2.isEmpty ? "" : ":\(found.2.prefix(20))"
            sentences.append(
                "\(found.0.prefix(60)) in the prompt is read as plain text; LoRAs are merged when the model is loaded, by "
                    + "--lora \(found.1.prefix(60)).safetensors\(scale) or the key lora")
        }
        if let found = text.firstMatch(of: /\bembedding:([^\s,:()]+)/) {
            sentences.append(
                "\(found.0.prefix(60)) in the prompt is read as plain text; textual inversions are words once the model is "
                    + "loaded with --embedding \(found.1.prefix(60)).safetensors or the key embedding")
        }
        return sentences
    }
}
