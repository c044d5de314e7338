import CFFmpeg
import CFFmpegShims
import Glibc

/// Video4Linux devices that can be written, such as v4l2loopback's: what is written there other programs see as a
/// camera.
///
/// FFmpeg has them in a library of devices that needs dozens of others. It is opened where a device is wanted, and is
/// not missed elsewhere.
enum CameraDevice {
    /// FFmpeg's names of the muxer.
    static let formatNames = ["v4l2", "video4linux2"]
    private static let areDevicesKnown = restyled_avdevice_register()

    static func muxer(at location: String) throws(MediaError) -> UnsafePointer<AVOutputFormat> {
        guard areDevicesKnown, let format = av_guess_format("v4l2", nil, nil) else {
            throw MediaError(
                .badOption, "writing to a camera needs FFmpeg's libavdevice; sudo apt-get install ffmpeg", at: location)
        }
        return UnsafePointer(format)
    }

    static func isMuxer(_ format: UnsafePointer<AVOutputFormat>) -> Bool { av_guess_format("v4l2", nil, nil) == format }
}

extension MediaAddress {
    /// Whether it is a Video4Linux device, by the kernel's number for them.
    var isCamera: Bool {
        var status = stat()
        guard case .path(let path) = self, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFCHR else {
            return false
        }
        return restyled_device_major(status.st_rdev) == 81
    }
}
