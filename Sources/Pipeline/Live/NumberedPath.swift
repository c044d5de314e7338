import Glibc

/// Names for the files of an output that writes more than one: `out.mp4`, `out-1.mp4`, `out-2.mp4`, …
struct NumberedPath: Sendable, Equatable {
    private let stem: String
    private let ending: String
    private var number = 0

    init(_ path: String) {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        if let dot = name.lastIndex(of: "."), dot != name.startIndex {
            (stem, ending) = (String(path[..<dot]), String(path[dot...]))
        } else {
            (stem, ending) = (path, "")
        }
    }

    /// The first name from the present number on that is free.
    /// - Parameter isTaken: whether there is a file of the name.
    mutating func next(isTaken: (String) -> Bool = { access($0, F_OK) == 0 }) -> String {
        while true {
            let name = number == 0 ? stem + ending : "\(stem)-\(number)\(ending)"
            if !isTaken(name) { return name }
            number += 1
        }
    }
}
