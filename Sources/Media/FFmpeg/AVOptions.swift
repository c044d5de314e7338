import CFFmpeg

/// FFmpeg's dictionary of options or metadata, freed with its owner.
struct AVOptions: ~Copyable {
    var handle: OpaquePointer?

    init(_ entries: [(String, String)] = []) {
        for (key, value) in entries { av_dict_set(&handle, key, value, 0) }
    }

    deinit {
        var handle = handle
        av_dict_free(&handle)
    }

    /// What is left in it: after opening something, the options that nothing took.
    var entries: [(key: String, value: String)] { metadataEntries(handle) }
}

func metadataEntries(_ dictionary: OpaquePointer?) -> [(key: String, value: String)] {
    var result: [(String, String)] = []
    var entry = av_dict_get(dictionary, "", nil, AV_DICT_IGNORE_SUFFIX)
    while let found = entry {
        result.append((String(cString: found.pointee.key), String(cString: found.pointee.value)))
        entry = av_dict_get(dictionary, "", found, AV_DICT_IGNORE_SUFFIX)
    }
    return result
}
