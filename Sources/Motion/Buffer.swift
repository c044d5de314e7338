/// Numbers in memory of their own. The loops over pixels run on its pointer: an array's bounds checks and reference
/// counts would cost more than the arithmetic.
///
/// `@unchecked Sendable`: it is the only owner of its memory, and its contents change through a `mutating` method of the
/// value that holds it.
struct Buffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int

    /// - Parameter count: elements; a vector's length more may be read behind the last one.
    init(_ count: Int, repeating value: Element) {
        let bytes = count * MemoryLayout<Element>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
        (memory + bytes).initializeMemory(as: UInt8.self, repeating: 0, count: 64)
        base = memory.bindMemory(to: Element.self, capacity: count)
        base.initialize(repeating: value, count: count)
        self.count = count
    }

    func fill(_ value: Element) { base.update(repeating: value, count: count) }

    func copy(from other: borrowing Buffer) { base.update(from: other.base, count: count) }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// A picture somebody else owns: 8-bit red, green, blue, rows top to bottom, nothing between them.
/// Valid while its owner says so.
package struct PictureView {
    package let base: UnsafePointer<UInt8>
    package let width: Int
    package let height: Int

    /// - Parameter base: `width * height * 3` bytes.
    package init(_ base: UnsafePointer<UInt8>, width: Int, height: Int) {
        (self.base, self.width, self.height) = (base, width, height)
    }
}

/// A plane of floats inside a `Buffer`, with its edge repeated around it, so that patches may stand half outside.
struct Plane: @unchecked Sendable {
    static let border = 16
    /// The plane's upper left pixel.
    let base: UnsafeMutablePointer<Float>
    let width: Int
    let height: Int
    let stride: Int

    /// Floats that a plane of this size takes, border included; rows are multiples of 64 bytes.
    static func room(_ width: Int, _ height: Int) -> Int { stride(width) * (height + 2 * border) }

    static func stride(_ width: Int) -> Int { (width + 2 * border + 15) & ~15 }

    /// - Parameter memory: `room` floats.
    init(_ memory: UnsafeMutablePointer<Float>, _ width: Int, _ height: Int) {
        (self.width, self.height, stride) = (width, height, Self.stride(width))
        base = memory + Self.border * stride + Self.border
    }

    func row(_ y: Int) -> UnsafeMutablePointer<Float> { base + y * stride }

    func extend() {
        for y in 0..<height {
            let row = row(y)
            (row - Self.border).update(repeating: row[0], count: Self.border)
            (row + width).update(repeating: row[width - 1], count: stride - width - Self.border)
        }
        for y in 1...Self.border {
            (row(-y) - Self.border).update(from: row(0) - Self.border, count: stride)
            (row(height - 1 + y) - Self.border).update(from: row(height - 1) - Self.border, count: stride)
        }
    }
}

extension Float {
    /// Adding it rounds a float of up to ±2²² to a whole number, which then stands in its lowest bits.
    @inline(__always) static var rounder: Float { 12_582_912 }

    /// The whole number at or next below it, give or take what rounding makes of a half: for bilinear weights either is
    /// right, so long as the fraction is taken from the same number.
    @inline(__always) var cell: Int {
        Int(Int32(bitPattern: (self - 0.5 + Float.rounder).bitPattern) &- Int32(bitPattern: Float.rounder.bitPattern))
    }
}
