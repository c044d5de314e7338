// The kernels' sources, as they lie in the program's own image, and what they are passed.
#ifndef CUDAKERNELS_H
#define CUDAKERNELS_H

#include <stddef.h>

#include "parameters.h"

struct cuda_kernel_file {
    // As the sources include it: "numbers.cuh".
    const char *name;
    const unsigned char *bytes;
    size_t byte_count;
};

/// All files, ended by one without a name.
const struct cuda_kernel_file *cuda_kernel_files(void);

#endif
