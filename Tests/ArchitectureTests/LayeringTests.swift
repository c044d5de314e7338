import Foundation
import Testing

/// The README's table of targets says which layer stands on which; Package.swift and the sources must say the same.
@Suite struct LayeringTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Name → dependencies, as Package.swift declares them; without the tests' targets.
    private static let targets: [String: Set<String>] = {
        let manifest = text("Package.swift")
        let starts = manifest.matches(of: /\.(target|executableTarget|systemLibrary|testTarget)\(\s*name: "([^"]+)"/)
        var targets: [String: Set<String>] = [:]
        for (index, start) in starts.enumerated() where start.1 != "testTarget" {
            let end = index + 1 < starts.count ? starts[index + 1].range.lowerBound : manifest.endIndex
            let body = manifest[start.range.upperBound..<end]
            guard !body.contains(#"path: "Tests/"#) else { continue }
            var dependencies: Set<String> = []
            if let list = body.firstMatch(of: /dependencies: \[(.*?)\]/.dotMatchesNewlines()) {
                let products = list.1.matches(of: /\.product\(name: "([^"]+)"/).map { String($0.1) }
                let names = list.1.replacing(/\.product\([^)]*\)/, with: "").matches(of: /"([^"]+)"/)
                dependencies = Set(products).union(names.map { String($0.1) })
            }
            targets[String(start.2)] = dependencies
        }
        return targets
    }()

    /// The table's rows from top to bottom, each with the targets it names.
    private static let rows: [[String]] = {
        let readme = text("README.md")
        guard let table = readme.firstMatch(of: /\| target \|[^\n]*\n\|[-|: ]+\|\n((?:\|[^\n]*\n)+)/) else { return [] }
        return table.1.split(separator: "\n").map { row in
            row.split(separator: "|", omittingEmptySubsequences: true)[0].matches(of: /`([^`]+)`/).map { String($0.1) }
        }
    }()

    private static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    @Test func theTableNamesEveryTarget() {
        let named = Self.rows.flatMap(\.self)
        #expect(Self.targets.count > 20)
        #expect(named.count == Set(named).count, "a target stands in the table twice")
        let missing = Set(Self.targets.keys).subtracting(named).sorted()
        #expect(missing.isEmpty, "not in the README's table: \(missing)")
        let unknown = Set(named).subtracting(Self.targets.keys).sorted()
        #expect(unknown.isEmpty, "in the README's table, but not a target: \(unknown)")
    }

    @Test func eachTargetDependsOnRowsBelowIt() {
        let level = Dictionary(
            Self.rows.enumerated().flatMap { index, names in names.map { ($0, index) } }, uniquingKeysWith: { $1 })
        for (name, dependencies) in Self.targets {
            for dependency in dependencies where Self.targets[dependency] != nil {
                guard let own = level[name], let below = level[dependency] else { continue }
                #expect(own < below, "\(name) depends on \(dependency), which does not stand in a row below it")
            }
        }
    }

    /// A module that comes along with another one could be imported without being declared.
    @Test func sourcesImportOnlyWhatTheirTargetDeclares() throws {
        for (name, dependencies) in Self.targets {
            let folder = Self.root.appending(path: "Sources/\(name)")
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard file.pathExtension == "swift" else { continue }
                let source = try String(contentsOf: file, encoding: .utf8)
                for match in source.matches(of: /(?m)^(?:@testable |package |public )?import (\w+)/) {
                    let module = String(match.1)
                    guard Self.targets[module] != nil else { continue }
                    #expect(dependencies.contains(module), "\(name)/\(file.lastPathComponent) imports \(module)")
                }
            }
        }
    }

    /// What a target declares and no source of it imports only slows its build down.
    @Test func targetsDeclareOnlyWhatTheirSourcesImport() throws {
        for (name, dependencies) in Self.targets {
            let folder = Self.root.appending(path: "Sources/\(name)")
            var imported: Set<String> = []
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                guard ["swift", "h", "c"].contains(file.pathExtension) else { continue }
                let source = try String(contentsOf: file, encoding: .utf8)
                imported.formUnion(source.matches(of: /(?m)^(?:package )?import (\w+)/).map { String($0.1) })
                // C targets are used through their headers.
                if file.pathExtension != "swift" { imported.formUnion(dependencies) }
            }
            let unused = dependencies.filter { Self.targets[$0] != nil }.subtracting(imported).sorted()
            #expect(unused.isEmpty, "\(name) declares \(unused) and imports none of it")
        }
    }
}
