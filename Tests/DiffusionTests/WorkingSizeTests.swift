import Diffusion
import Testing

@Suite struct WorkingSizeTests {
    @Test(arguments: [
        (1920, 1080, 512 * 512, 680, 384), (512, 512, 512 * 512, 512, 512), (1, 1, 64, 8, 8),
        (1080, 1920, 512 * 512, 384, 680), (640, 480, 512 * 512, 584, 440),
    ])
    func keepsShapeAndPixels(width: Int, height: Int, pixels: Int, expectedWidth: Int, expectedHeight: Int) {
        let size = WorkingSize(inputWidth: width, inputHeight: height, pixels: pixels)
        #expect(size == WorkingSize(width: expectedWidth, height: expectedHeight))
    }
}
