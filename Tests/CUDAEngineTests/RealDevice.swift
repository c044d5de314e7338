import CUDAEngine

/// The machine's GPU, if it has one.
enum RealDevice {
    static let isThere = (try? CUDA.locate())?.devices.isEmpty == false
}
