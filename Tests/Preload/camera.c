// Preloaded, it gives a process a camera that can be written, as v4l2loopback does: the file that RESTYLED_TEST_CAMERA
// names is the device. It takes one format, told as "WIDTH HEIGHT FOURCC" in a file of that name with .format behind it,
// and then whole pictures.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_camera(int descriptor) {
    const char *path = getenv("RESTYLED_TEST_CAMERA");
    struct stat own, camera;
    return path && fstat(descriptor, &own) == 0 && stat(path, &camera) == 0 && own.st_dev == camera.st_dev &&
           own.st_ino == camera.st_ino;
}

static int set_format(const struct v4l2_format *format) {
    char path[4096];
    snprintf(path, sizeof path, "%s.format", getenv("RESTYLED_TEST_CAMERA"));
    FILE *file = fopen(path, "w");
    if (file == NULL) return -1;
    const struct v4l2_pix_format *pix = &format->fmt.pix;
    fprintf(file, "%u %u %.4s", pix->width, pix->height, (const char *)&pix->pixelformat);
    return fclose(file);
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (!is_camera(descriptor)) return (int)syscall(SYS_ioctl, descriptor, request, argument);
    // FFmpeg passes the request as an int on its way here.
    switch ((unsigned)request) {
        case (unsigned)VIDIOC_G_FMT: return 0;
        case (unsigned)VIDIOC_S_FMT: return set_format(argument);
        default: errno = ENOTTY; return -1;
    }
}
