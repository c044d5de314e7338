#ifndef CDEMOCLIP_H
#define CDEMOCLIP_H

/// Some seconds of a game, an MP4 file in memory.
/// Returns its descriptor, or -1 with errno.
int demo_clip_file(void);

#endif
