// The kernels travel inside the program and are compiled for the device that is there: see CPocketModel for why not beside it.
#include "CUDAKernels.h"

// #embed is C23; before that standard's name is a default, compilers take it as an extension and say so.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char parameters[] = {
#embed "include/parameters.h"
};
static const unsigned char device[] = {
#embed "kernels/device.cuh"
};
static const unsigned char numbers[] = {
#embed "kernels/numbers.cuh"
};
static const unsigned char elementwise[] = {
#embed "kernels/elementwise.cu"
};
static const unsigned char product[] = {
#embed "kernels/product.cu"
};
static const unsigned char attention[] = {
#embed "kernels/attention.cu"
};
static const unsigned char norms[] = {
#embed "kernels/norms.cu"
};

static const struct cuda_kernel_file files[] = {
    {"parameters.h", parameters, sizeof parameters},
    {"device.cuh", device, sizeof device},
    {"numbers.cuh", numbers, sizeof numbers},
    {"elementwise.cu", elementwise, sizeof elementwise},
    {"product.cu", product, sizeof product},
    {"attention.cu", attention, sizeof attention},
    {"norms.cu", norms, sizeof norms},
    {0, 0, 0},
};

const struct cuda_kernel_file *cuda_kernel_files(void) { return files; }
