import Media
import Testing

@testable import Pipeline

@Suite struct PictureMixerTests {
    private let restyled = RGBImage(width: 3, height: 1, bytes: [200, 0, 255, 200, 0, 255, 200, 0, 255])
    private let source = RGBImage(width: 3, height: 1, bytes: [100, 255, 0, 100, 255, 0, 100, 255, 0])

    @Test func aMaskKeepsTheSourceWhereItIsBlack() {
        let mask = RGBImage(width: 3, height: 1, bytes: [0, 0, 0, 255, 255, 255, 128, 128, 128])
        let mixed = PictureMixer(width: 3, height: 1, mask: mask).mix(restyled: restyled, source: source, blend: 0)
        #expect(Array(mixed.bytes[..<6]) == [100, 255, 0, 200, 0, 255])
        #expect(mixed.bytes[6...] == [150, 127, 128])
    }

    @Test func theEndsOfTheBlendAreExact() {
        let mixer = PictureMixer(width: 3, height: 1)
        #expect(mixer.mix(restyled: restyled, source: source, blend: 0) == restyled)
        #expect(mixer.mix(restyled: restyled, source: source, blend: 1) == source)
        #expect(mixer.mix(restyled: restyled, source: source, blend: 0.5).bytes[..<3] == [150, 128, 128])
        #expect(!mixer.needsSource(blend: 0))
        #expect(mixer.needsSource(blend: 0.01))
    }
}
