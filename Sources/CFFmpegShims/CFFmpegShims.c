#include "CFFmpegShims.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <libavdevice/version.h>
#include <libavutil/log.h>

_Static_assert(sizeof(int) == 4, "error codes cross the boundary as 32-bit integers");
_Static_assert(LIBAVFORMAT_VERSION_MAJOR >= 59, "FFmpeg 5.0 or later");

static _Thread_local char last_error[512];
static _Thread_local int demuxer_errors;

void restyled_strerror(int code, char *text, size_t size) {
    if (av_strerror(code, text, size) < 0) snprintf(text, size, "error %d", code);
}

static int is_demuxer(void *context) {
    const AVClass *class = context ? *(const AVClass **)context : NULL;
    return class && class->get_category && class->get_category(context) == AV_CLASS_CATEGORY_DEMUXER;
}

static void keep_errors(void *context, int level, const char *format, va_list arguments) {
    if (level > AV_LOG_ERROR) return;
    char line[sizeof last_error];
    // The address of a context means nothing to anybody.
    int prefix = 0;
    av_log_format_line2(context, level, format, arguments, line, sizeof line, &prefix);
    size_t length = strcspn(line, "\r\n");
    if (length == 0) return;
    memcpy(last_error, line, length);
    last_error[length] = 0;
    if (is_demuxer(context)) demuxer_errors++;
}

void restyled_log_install(void) { av_log_set_callback(keep_errors); }

size_t restyled_log_take(char *text, size_t size) {
    size_t length = strnlen(last_error, sizeof last_error);
    if (size == 0) return 0;
    if (length >= size) length = size - 1;
    memcpy(text, last_error, length);
    text[length] = 0;
    last_error[0] = 0;
    return length;
}

int restyled_demuxer_errors_take(void) {
    int count = demuxer_errors;
    demuxer_errors = 0;
    return count;
}

_Bool restyled_avdevice_register(void) {
    // Never closed: libavformat keeps pointers into it.
    void *library = dlopen("libavdevice.so." AV_STRINGIFY(LIBAVDEVICE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return 0;
    void (*register_all)(void);
    *(void **)(&register_all) = dlsym(library, "avdevice_register_all");
    if (register_all == NULL) return 0;
    register_all();
    return 1;
}
