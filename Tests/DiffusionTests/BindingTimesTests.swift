import Diffusion
import EngineTools
import Graph
import Testing

/// What follows from prompt, strength or seed alone must not be computed for every frame.
@Suite struct BindingTimesTests {
    @Test(arguments: Fixture.names)
    func settingsStayOutOfTheFrameProgram(_ name: String) throws {
        let model = try Fixture(name).model()
        let partition = try model.imageToImageGraph(WorkingSize(width: 64, height: 48)).partitioned()
        #expect(partition.segments.map(\.label) == ["encode", "denoise", "decode"])
        let settingsOnly = ["attn2.to_k", "attn2.to_v", "time_emb_proj", "time_embedding", "add_embedding"]
        for part in partition.segments {
            for node in part.graph.nodes {
                guard case .constant = node.operation else { continue }
                #expect(!settingsOnly.contains { node.name.contains($0) }, "\(part.label): \(node.name)")
            }
        }
        let settings = partition.settings.flatMap(\.graph.nodes).filter { !$0.bindingTimes.isEmpty }.map(\.name)
        for module in ["attn2.to_k", "attn2.to_v", "time_emb_proj", "time_embedding.linear_2"] {
            #expect(settings.contains { $0.contains(module) }, "no settings program computes \(module)")
        }
    }

    /// `force_upcast`: engines must not lower these below what holds their range.
    @Test(arguments: [("sdxl", ["encode", "decode"]), ("lcm", [])])
    func autoencodersThatOverflowAreMarked(_ name: String, _ labels: [String]) throws {
        let partition = try Fixture(name).model().imageToImageGraph(WorkingSize(width: 64, height: 48)).partitioned()
        #expect(partition.segments.filter(\.graph.isBeyondFloat16).map(\.label) == labels)
        #expect(partition.settings.allSatisfy { !$0.graph.isBeyondFloat16 })
    }

    @Test func cutSegmentsHoldTheWholeDenoiser() throws {
        let model = try Fixture("sdxl").model()
        let size = WorkingSize(width: 64, height: 48)
        let whole = try model.imageToImageGraph(size).partitioned()
        let cut = try model.imageToImageGraph(size, maximumSegmentBytes: 1 << 14).partitioned()
        #expect(cut.repeated.count > 4)
        let bytes = { (parts: [PartitionedGraph.Part]) in parts.reduce(0) { $0 + $1.graph.constantByteCount } }
        let denoiser = bytes(whole.segments) - bytes([whole.segments[0], whole.segments[2]])
        // Frequencies and scalars are repeated wherever they are used; weights are not.
        #expect(abs(bytes(Array(cut.segments[cut.repeated])) - denoiser) < 4096)
        #expect(cut.segments[cut.repeated].allSatisfy { $0.graph.constantByteCount < denoiser / 2 })
    }
}
