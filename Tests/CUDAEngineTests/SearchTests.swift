import Graph
import TestTools
import Testing

@testable import CUDAEngine

/// Finding NVRTC, and keeping what it made.
@Suite struct SearchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["nvidia/cu13/lib/libnvrtc.so.13", "nvidia/cuda_nvrtc/lib/libnvrtc.so.12", "lib64/libnvrtc.so.13"])
    func wheelsAndToolkitsAreFound(_ file: String) throws {
        let place = ".local/share/restyled/cuda/\(file)"
        let path = try folder.write(place, [])
        #expect(CUDASearch(environment: ["HOME": folder.path]).candidates().contains(path))
        let named = CUDASearch(environment: ["RESTYLED_CUDA": "\(folder.path)/.local/share/restyled/cuda"])
        #expect(named.candidates() == [path])
    }

    @Test func namedPlaceIsTheOnlyOneTried() throws {
        let path = try folder.write("libnvrtc.so.13", Array("no library".utf8))
        let error = #expect(throws: EngineError.self) {
            _ = try CUDA.openCompiler(environment: ["RESTYLED_CUDA": folder.path, "HOME": "/nonexistent"])
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains(path) == true)
        #expect(error?.message.hasSuffix("restyled setup cuda") == true)
    }

    @Test func cubinsAreKeptAndDamagedOnesMadeAnew() throws {
        let cache = try #require(KernelCache(folder.path + "/cache"))
        var compiled = 0
        func cubin(_ module: KernelModule, _ architecture: String = "sm_90") -> [UInt8] {
            cache.cubin(module, architecture: architecture, compilerVersion: "13.0") {
                compiled += 1
                return [1, 2, UInt8(compiled)]
            }
        }
        let module = KernelModule.norms(.bfloat16, vectors: true)
        #expect(cubin(module) == [1, 2, 1] && cubin(module) == [1, 2, 1])
        #expect(cubin(module, "sm_80") == [1, 2, 2] && cubin(.norms(.bfloat16, vectors: false)) == [1, 2, 3])
        for name in try cache.names() { try folder.write("cache/\(name)", [0x30, 0x0a, 9]) }
        #expect(cubin(module) == [1, 2, 4] && cubin(module) == [1, 2, 4])
    }
}
