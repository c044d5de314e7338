// Everything that is done to each number by itself: conversions, arithmetic, copies between layouts, nearest neighbours.
#include "numbers.cuh"

// `count` neighbours along the output's last axis for each thread, whose extent is a multiple of that.
template <int count>
DEVICE void compute(const cuda_elementwise &p) {
    // All extents together fit 31 bits.
    unsigned rest = blockIdx.x * blockDim.x + threadIdx.x;
    int at[CUDA_AXES];
    for (int axis = CUDA_AXES - 1; axis >= 0; axis--) {
        const unsigned extent = axis == CUDA_AXES - 1 ? p.extents[axis] / count : p.extents[axis];
        at[axis] = int(rest % extent);
        rest /= extent;
    }
    if (rest > 0) return;
    at[CUDA_AXES - 1] *= count;
    long long source = 0;
    for (int axis = 0; axis < CUDA_AXES; axis++) {
        const bool isWhole = p.input_extents[axis] == p.extents[axis];
        const long long i = isWhole ? at[axis] : (long long)at[axis] * p.input_extents[axis] / p.extents[axis];
        source += i * p.input.strides[axis];
    }
    float x[count];
    loadRow(p.input, source, x, count);
    for (int copy = 1; copy < p.copies; copy++) {
        float y[count];
        loadRow(p.input, source + copy * p.copy_stride, y, count);
#pragma unroll
        for (int e = 0; e < count; e++) x[e] += y[e];
    }
    finish(p.chain, p.output, x, at[0], at[1], at[2], at[3], count);
}

KERNEL(elementwise, cuda_elementwise, 256) { compute<1>(p); }
KERNEL(elementwiseRows, cuda_elementwise, 256) { compute<8>(p); }

// One block for each row of the output. An id outside the table gives zeros: the tokenizer makes none.
KERNEL(embedding, cuda_embedding, 256) {
    const long long id = reinterpret_cast<const long long *>(p.ids)[blockIdx.x];
    const bool isThere = id >= 0 && id < p.rows;
    for (int c = threadIdx.x; c < p.width; c += blockDim.x) {
        const float x = isThere ? load(p.table.type, p.table.data, id * p.table.strides[2] + c) : 0;
        store(p.output.type, p.output.data, (long long)blockIdx.x * p.output.strides[2] + c, x);
    }
}
