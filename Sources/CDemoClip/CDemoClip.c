// The clip travels inside the program: see CPocketModel for why not beside it.
#define _GNU_SOURCE
#include "CDemoClip.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

// #embed is C23; before that standard's name is a default, compilers take it as an extension and say so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char clip[] = {
#embed "../../examples/gameplay/gameplay.mp4"
};

int demo_clip_file(void) {
    int file = memfd_create("demo.mp4", MFD_CLOEXEC);
    for (size_t written = 0; file >= 0 && written < sizeof clip;) {
        ssize_t count = write(file, clip + written, sizeof clip - written);
        if (count <= 0) {
            close(file);
            return -1;
        }
        written += (size_t)count;
    }
    return file;
}
