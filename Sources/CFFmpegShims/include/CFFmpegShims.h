#ifndef RESTYLED_CFFMPEG_SHIMS_H
#define RESTYLED_CFFMPEG_SHIMS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/error.h>

// Macros that Swift does not import, each under its own name.

static inline int restyled_averror(int posix) { return AVERROR(posix); }
static inline int restyled_averror_eof(void) { return AVERROR_EOF; }
static inline int restyled_averror_exit(void) { return AVERROR_EXIT; }
static inline int restyled_averror_eagain(void) { return AVERROR(EAGAIN); }
static inline int restyled_averror_invaliddata(void) { return AVERROR_INVALIDDATA; }
static inline int restyled_averror_option_not_found(void) { return AVERROR_OPTION_NOT_FOUND; }
static inline int restyled_averror_demuxer_not_found(void) { return AVERROR_DEMUXER_NOT_FOUND; }
static inline int restyled_averror_protocol_not_found(void) { return AVERROR_PROTOCOL_NOT_FOUND; }
static inline int restyled_averror_decoder_not_found(void) { return AVERROR_DECODER_NOT_FOUND; }
static inline int64_t restyled_nopts(void) { return AV_NOPTS_VALUE; }
static inline AVRational restyled_time_base_q(void) { return AV_TIME_BASE_Q; }
static inline unsigned restyled_device_major(dev_t device) { return major(device); }

/// Writes FFmpeg's words for an error code, always terminated.
void restyled_strerror(int code, char *text, size_t size);

/// Keeps FFmpeg's log off stderr and remembers each thread's last error line, which often says what a code does not
/// ("moov atom not found").
void restyled_log_install(void);
/// Copies this thread's last error line, without its newline, and forgets it. Returns its length, 0 if there is none.
size_t restyled_log_take(char *text, size_t size);
/// How many errors demuxers logged on this thread since the last call: some pass over damage and say so nowhere else.
int restyled_demuxer_errors_take(void);

/// Opens libavdevice, of the release this was built with, and lets libavformat know its devices. False where it is not
/// installed.
_Bool restyled_avdevice_register(void);

#endif
