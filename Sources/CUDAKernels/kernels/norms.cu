// Norms, with what follows them applied before the numbers are stored. VECTORS says that 16 bytes of channels lie side
// by side and aligned.
#include "numbers.cuh"

typedef ELEMENT Element;
constexpr int vector = VECTORS ? 16 / sizeof(Element) : 1;

// Sums over a share of the pixels. A block is rows of threads, each row a pixel and each thread a vector of channels,
// so that neighbours in memory are read by neighbours; blockDim.x is the row, blockDim.y their number.
KERNEL(groupNormSums, cuda_group_norm, 1024) {
    // [row, channel] of both sums.
    float *shared = reinterpret_cast<float *>(sharedMemory());
    float *squares = shared + blockDim.y * p.channels;
    const Element *input = reinterpret_cast<const Element *>(p.input) + (long long)blockIdx.y * p.input_strides[0];
    const int perGroup = p.channels / p.groups;
    const int share = (p.pixels + p.splits - 1) / p.splits;
    const int end = min(p.pixels, int(blockIdx.x + 1) * share);

    for (int c = threadIdx.x * vector; c < p.channels; c += blockDim.x * vector) {
        float pivot[vector], sum[vector] = {}, square[vector] = {};
        for (int e = 0; e < vector; e++) pivot[e] = toFloat(input[(c + e) / perGroup * perGroup]);
        for (int pixel = blockIdx.x * share + threadIdx.y; pixel < end; pixel += blockDim.y) {
            float x[vector];
            loadNeighbours(x, input + (long long)pixel * p.input_strides[1] + c);
#pragma unroll
            for (int e = 0; e < vector; e++) {
                const float d = x[e] - pivot[e];
                sum[e] += d;
                square[e] += d * d;
            }
        }
        for (int e = 0; e < vector; e++) {
            shared[threadIdx.y * p.channels + c + e] = sum[e];
            squares[threadIdx.y * p.channels + c + e] = square[e];
        }
    }
    __syncthreads();
    for (int group = threadIdx.y * blockDim.x + threadIdx.x; group < p.groups; group += blockDim.x * blockDim.y) {
        float sum = 0, square = 0;
        for (int row = 0; row < blockDim.y; row++) {
            for (int c = group * perGroup; c < (group + 1) * perGroup; c++) {
                sum += shared[row * p.channels + c];
                square += squares[row * p.channels + c];
            }
        }
        float *sums = reinterpret_cast<float *>(p.sums) +
            (((long long)blockIdx.y * p.splits + blockIdx.x) * p.groups + group) * 2;
        sums[0] = sum;
        sums[1] = square;
    }
}

// Adds up the shares and applies them: x · scale + shift with one scale and shift a channel. Blocks are as above.
KERNEL(groupNorm, cuda_group_norm, 1024) {
    // [channel] of scales and shifts.
    float *scales = reinterpret_cast<float *>(sharedMemory());
    float *shifts = scales + p.channels;
    const Element *input = reinterpret_cast<const Element *>(p.input) + (long long)blockIdx.y * p.input_strides[0];
    const float *sums = reinterpret_cast<const float *>(p.sums) + (long long)blockIdx.y * p.splits * p.groups * 2;
    const float *weight = reinterpret_cast<const float *>(p.weight), *bias = reinterpret_cast<const float *>(p.bias);
    const int perGroup = p.channels / p.groups;
    const float count = float(perGroup) * p.pixels;
    for (int group = threadIdx.y * blockDim.x + threadIdx.x; group < p.groups; group += blockDim.x * blockDim.y) {
        float sum = 0, square = 0;
        for (int split = 0; split < p.splits; split++) {
            sum += sums[(split * p.groups + group) * 2];
            square += sums[(split * p.groups + group) * 2 + 1];
        }
        const float distance = sum / count;
        const float variance = fmaxf(square / count - distance * distance, 0);
        const float mean = toFloat(input[group * perGroup]) + distance, factor = 1 / sqrtf(variance + p.epsilon);
        for (int c = group * perGroup; c < (group + 1) * perGroup; c++) {
            scales[c] = weight[c] * factor;
            shifts[c] = bias[c] - mean * factor * weight[c];
        }
    }
    __syncthreads();
    const int share = (p.pixels + gridDim.x - 1) / gridDim.x;
    const int end = min(p.pixels, int(blockIdx.x + 1) * share);
    for (int pixel = blockIdx.x * share + threadIdx.y; pixel < end; pixel += blockDim.y) {
        for (int c = threadIdx.x * vector; c < p.channels; c += blockDim.x * vector) {
            float x[vector];
            loadNeighbours(x, input + (long long)pixel * p.input_strides[1] + c);
#pragma unroll
            for (int e = 0; e < vector; e++) x[e] = x[e] * scales[c + e] + shifts[c + e];
            finish(p.chain, p.output, x, blockIdx.y, 0, pixel, c, vector);
        }
    }
}

// One warp for each row.
KERNEL(layerNorm, cuda_layer_norm, 128) {
    const int index = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (index >= p.extents[0] * p.extents[1] * p.extents[2]) return;
    const int k = index % p.extents[2], j = index / p.extents[2] % p.extents[1], i = index / p.extents[2] / p.extents[1];
    const Element *input = reinterpret_cast<const Element *>(p.input) + (long long)i * p.input_strides[0] +
        (long long)j * p.input_strides[1] + (long long)k * p.input_strides[2];
    const float *weight = reinterpret_cast<const float *>(p.weight), *bias = reinterpret_cast<const float *>(p.bias);
    float x[vector];

    float mean = 0, variance = 0;
    for (int c = lane * vector; c < p.channels; c += 32 * vector) {
        loadNeighbours(x, input + c);
        for (int e = 0; e < vector; e++) mean += x[e];
    }
    for (int mask = 16; mask > 0; mask /= 2) mean += shuffleXor(mean, mask);
    mean /= p.channels;
    for (int c = lane * vector; c < p.channels; c += 32 * vector) {
        loadNeighbours(x, input + c);
        for (int e = 0; e < vector; e++) variance += (x[e] - mean) * (x[e] - mean);
    }
    for (int mask = 16; mask > 0; mask /= 2) variance += shuffleXor(variance, mask);
    const float factor = 1 / sqrtf(variance / p.channels + p.epsilon);
    for (int c = lane * vector; c < p.channels; c += 32 * vector) {
        loadNeighbours(x, input + c);
#pragma unroll
        for (int e = 0; e < vector; e++) x[e] = (x[e] - mean) * factor * weight[c + e] + bias[c + e];
        finish(p.chain, p.output, x, i, j, k, c, vector);
    }
}
