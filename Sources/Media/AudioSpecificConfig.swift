/// The header of an AAC stream that stands beside its packets: MPEG-4's AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
enum AudioSpecificConfig {
    /// By their index in the standard.
    private static let sampleRates = [
        96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
    ]

    /// Of the low-complexity profile; `nil` where its two bytes do not tell the rate or the channels.
    static func lowComplexity(sampleRate: Int, channels: Int) -> [UInt8]? {
        guard let rate = sampleRates.firstIndex(of: sampleRate), (1...6).contains(channels) || channels == 8 else {
            return nil
        }
        let objectType = 2
        let bits = objectType << 11 | rate << 7 | (channels == 8 ? 7 : channels) << 3
        return [UInt8(bits >> 8), UInt8(bits & 0xFF)]
    }
}
