import CUDAEngine
import Foundation
import Graph
import Testing

private let isCompilerThere = (try? CUDA.openCompiler()) != nil

/// Every kernel compiled by NVRTC for every architecture there is: that takes a library and no GPU.
@Suite(.enabled(if: isCompilerThere, "NVRTC is not installed; restyled setup cuda does that"))
struct KernelCompilerTests {
    static let architectures = ["sm_80", "sm_89", "sm_90", "sm_120"]
    /// Every count in full when RESTYLED_TEST_ALL is set, else a sample: a module takes about a second.
    static let modules: [KernelModule] = {
        guard ProcessInfo.processInfo.environment["RESTYLED_TEST_ALL"] != "1" else { return KernelModule.all }
        var seen = Set<String>()
        return KernelModule.all.filter { module in
            seen.insert("\(module.source) \(module.macros["ELEMENT"] == "float")").inserted
        }
    }()

    /// Bytes of registers in memory that a kernel may have: a few are kept there around the slow paths of sines.
    static let spilledBytes = 128

    @Test(arguments: modules, architectures)
    func compilesAndKeepsItsNumbersInRegisters(_ module: KernelModule, _ architecture: String) throws {
        let compiled = try CUDA.openCompiler().compile(
            module, architecture: architecture, options: ["--ptxas-options=-v"])
        // A cubin is an ELF file.
        #expect(compiled.cubin.starts(with: [0x7f, 0x45, 0x4c, 0x46]))
        let words = compiled.log.split { $0 == " " || $0 == "\n" || $0 == "," }
        let spills = words.indices.dropFirst(2).filter { words[$0] == "spill" }.compactMap { Int(words[$0 - 2]) }
        #expect(!spills.isEmpty, "the compiler says nothing of spills: \(compiled.log)")
        #expect(spills.allSatisfy { $0 <= Self.spilledBytes }, "\(module) for \(architecture): \(spills)")
    }

    @Test func mistakesCarryTheCompilersOwnWords() throws {
        let error = #expect(throws: EngineError.self) {
            _ = try CUDA.openCompiler().compile(
                KernelModule(source: "norms.cu", macros: ["ELEMENT": "quaternion"]), architecture: "sm_90")
        }
        #expect(error?.code == .compileFailed && error?.message.contains("quaternion") == true)
    }

    @Test func unknownArchitecturesAreNamed() throws {
        let error = #expect(throws: EngineError.self) {
            _ = try CUDA.openCompiler().compile(.elementwise, architecture: "sm_1")
        }
        #expect(error?.message.contains("sm_1") == true)
    }
}
