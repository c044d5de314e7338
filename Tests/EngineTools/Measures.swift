import Foundation

package func floats(_ bytes: [UInt8]) -> [Float] { bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }

/// The largest difference in units of the expected values' root mean square: one value near zero does not count more
/// than others, and one wrong value in a thousand is not averaged away.
package func relativeError(_ result: [Float], _ expected: [Float]) -> Double {
    guard result.count == expected.count, !expected.isEmpty else { return .infinity }
    let square = expected.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(expected.count)
    let worst = zip(result, expected).reduce(0.0) { worst, pair in
        let difference = abs(Double(pair.0) - Double(pair.1))
        return difference.isNaN ? .infinity : max(worst, difference)
    }
    return worst / square.squareRoot()
}

/// Peak signal-to-noise ratio of RGB8 pictures in dB.
package func psnr(_ result: [UInt8], _ expected: [UInt8]) -> Double {
    guard result.count == expected.count, !expected.isEmpty else { return -.infinity }
    let error = zip(result, expected).reduce(0.0) { sum, pair in
        let difference = Double(pair.0) - Double(pair.1)
        return sum + difference * difference
    }
    return error == 0 ? .infinity : 10 * log10(255 * 255 * Double(expected.count) / error)
}
