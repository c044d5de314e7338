// Everything that is done to each number by itself: conversions, arithmetic, copies between layouts, nearest neighbours.
#include "numbers.cuh"

// One thread for each number of the output, the last axis first.
KERNEL(elementwise, cuda_elementwise, 256) {
    long long rest = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    int at[CUDA_AXES];
    for (int axis = CUDA_AXES - 1; axis >= 0; axis--) {
        at[axis] = int(rest % p.extents[axis]);
        rest /= p.extents[axis];
    }
    if (rest > 0) return;
    long long source = 0;
    for (int axis = 0; axis < CUDA_AXES; axis++) {
        const bool isWhole = p.input_extents[axis] == p.extents[axis];
        const long long i = isWhole ? at[axis] : (long long)at[axis] * p.input_extents[axis] / p.extents[axis];
        source += i * p.input.strides[axis];
    }
    float x[1] = {load(p.input.type, p.input.data, source)};
    for (int copy = 1; copy < p.copies; copy++) x[0] += load(p.input.type, p.input.data, source + copy * p.copy_stride);
    finish(p.chain, p.output, x, at[0], at[1], at[2], at[3], 1);
}

// One block for each row of the output. An id outside the table gives zeros: the tokenizer makes none.
KERNEL(embedding, cuda_embedding, 256) {
    const long long id = reinterpret_cast<const long long *>(p.ids)[blockIdx.x];
    const bool isThere = id >= 0 && id < p.rows;
    for (int c = threadIdx.x; c < p.width; c += blockDim.x) {
        const float x = isThere ? load(p.table.type, p.table.data, id * p.table.strides[2] + c) : 0;
        store(p.output.type, p.output.data, (long long)blockIdx.x * p.output.strides[2] + c, x);
    }
}
