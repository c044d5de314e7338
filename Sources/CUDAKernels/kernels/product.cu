// Convolutions and linears: an implicit matrix product, output[pixel, channel] = Σ input[pixel, k] · weight[channel, k],
// where k runs over the kernel's rows, columns and input channels and the input's matrix exists in shared memory only.
//
// A block makes BLOCK_M pixels × BLOCK_N channels, BLOCK_K of the sum at a time, out of STAGES tiles in flight. Its
// WARPS_M × WARPS_N warps multiply on tensor cores, or number by number in float32, with the result distributed over
// the warp alike. VECTORS says that 16 bytes of input channels lie side by side and aligned, of which the sum is made up.
#include "numbers.cuh"

typedef ELEMENT Element;
constexpr int threads = 32 * WARPS_M * WARPS_N;
// Neighbours in 16 bytes, and those of a tile's row.
constexpr int vector = 16 / sizeof(Element);
constexpr int vectors = BLOCK_K / vector;
constexpr int rowsAtOnce = threads / vectors;
constexpr int inputRows = BLOCK_M / rowsAtOnce;
constexpr int weightRows = BLOCK_N / rowsAtOnce;
constexpr int warpM = BLOCK_M / WARPS_M, warpN = BLOCK_N / WARPS_N;
constexpr int tilesM = warpM / 16, tilesN = warpN / 8;
constexpr int stageElements = (BLOCK_M + BLOCK_N) * BLOCK_K;
// Of a row of results in shared memory, in floats: rows begin in different banks.
constexpr int resultPitch = BLOCK_N + 8;
static_assert(vectors == 4 || vectors == 8, "the swizzle knows rows of 64 and 128 bytes");
static_assert(BLOCK_M % rowsAtOnce == 0 && BLOCK_N % rowsAtOnce == 0, "every thread brings whole vectors");
static_assert(warpM % 16 == 0 && warpN % 16 == 0, "a warp multiplies by 16 × 16");

// Where a vector of a tile lies: exchanged within its row so that eight rows' vectors lie in different banks.
DEVICE int placed(int row, int v) { return (row * vectors + (v ^ row / (8 / vectors) % vectors)) * vector; }

// The place in the input that a number of the output begins at.
struct Pixel {
    long long start;
    int row, column;
};

// Brings a block's tiles of input and weight into shared memory. Each thread brings one vector of several rows.
struct Loader {
    const cuda_product &p;
    const Element *input, *weight;
    Pixel pixels[inputRows];
    int row, v, firstOutput;
    // The thread's place in the sum: all of it, and the kernel's row, its column and the channel.
    int k, end, i, j, c;

    DEVICE Loader(const cuda_product &p, int group, int firstPixel, int firstOutput, int begin, int end)
        : p(p), firstOutput(firstOutput), end(end) {
        const int depth = p.kernel_height * p.kernel_width * p.channels;
        input = reinterpret_cast<const Element *>(p.input) + (long long)group * p.channels;
        weight = reinterpret_cast<const Element *>(p.weight) + (long long)group * p.outputs * depth;
        row = threadIdx.x / vectors;
        v = threadIdx.x % vectors;
        for (int r = 0; r < inputRows; r++) {
            const int m = firstPixel + row + r * rowsAtOnce;
            const int image = m / (p.output_height * p.output_width);
            // Beyond the last pixel everything is outside the picture.
            const bool isThere = image < p.batch;
            pixels[r].start = (long long)image * p.input_strides[0];
            pixels[r].row = isThere ? m / p.output_width % p.output_height * p.stride - p.top : -(1 << 24);
            pixels[r].column = m % p.output_width * p.stride - p.left;
        }
        k = begin + v * vector;
        c = k % p.channels;
        j = k / p.channels % p.kernel_width;
        i = k / p.channels / p.kernel_width;
    }

    // The element of pixel `r` at row i, column j of the kernel, or null outside the picture.
    DEVICE const Element *source(int r, int i, int j, int c) const {
        int y = pixels[r].row + i, x = pixels[r].column + j;
        if (y < 0 || y >= p.height || x < 0 || x >= p.width) return nullptr;
        if (p.input_height != p.height) y = p.height == 2 * p.input_height ? y / 2 : y * p.input_height / p.height;
        if (p.input_width != p.width) x = p.width == 2 * p.input_width ? x / 2 : x * p.input_width / p.width;
        return input + pixels[r].start + (long long)y * p.input_strides[1] + (long long)x * p.input_strides[2] + c;
    }

    DEVICE const Element *weightSource(int r, int k) const {
        const int output = firstOutput + row + r * rowsAtOnce;
        if (output >= p.outputs || k >= end) return nullptr;
        return weight + (long long)output * p.kernel_height * p.kernel_width * p.channels + k;
    }

    // Brings the next tile and moves on.
    DEVICE void bring(Element *stage) {
        Element *weights = stage + BLOCK_M * BLOCK_K;
#if VECTORS
#pragma unroll
        for (int r = 0; r < inputRows; r++) {
            const Element *from = k < end ? source(r, i, j, c) : nullptr;
            copyAsync(stage + placed(row + r * rowsAtOnce, v), from != nullptr ? from : input, from != nullptr);
        }
#pragma unroll
        for (int r = 0; r < weightRows; r++) {
            const Element *from = weightSource(r, k);
            copyAsync(weights + placed(row + r * rowsAtOnce, v), from != nullptr ? from : weight, from != nullptr);
        }
        for (c += BLOCK_K; c >= p.channels; c -= p.channels) {
            if (++j == p.kernel_width) {
                j = 0;
                i++;
            }
        }
#else
        for (int e = 0; e < vector; e++) {
            const int at = k + e, tap = at / p.channels;
            for (int r = 0; r < inputRows; r++) {
                const Element *from =
                    at < end ? source(r, tap / p.kernel_width, tap % p.kernel_width, at % p.channels) : nullptr;
                stage[placed(row + r * rowsAtOnce, v) + e] = from != nullptr ? *from : Element{0};
            }
            for (int r = 0; r < weightRows; r++) {
                const Element *from = weightSource(r, at);
                weights[placed(row + r * rowsAtOnce, v) + e] = from != nullptr ? *from : Element{0};
            }
        }
#endif
        k += BLOCK_K;
    }
};

// A tile's share of the sum. Of each 16×8 numbers a lane holds rows lane / 4 and 8 further, columns 2 (lane % 4) and the
// next. A template, so that only the branch taken is compiled.
template <typename Number>
DEVICE void multiply(float (&sums)[tilesM][tilesN][4], const Number *stage, int firstRow, int firstColumn, int lane) {
    const Number *weights = stage + BLOCK_M * BLOCK_K;
    if constexpr (sizeof(Number) == 4) {
        for (int k = 0; k < BLOCK_K; k++) {
            float a[tilesM][2], b[tilesN][2];
#pragma unroll
            for (int m = 0; m < tilesM; m++) {
#pragma unroll
                for (int h = 0; h < 2; h++) {
                    a[m][h] = toFloat(stage[placed(firstRow + 16 * m + 8 * h + lane / 4, k / vector) + k % vector]);
                }
            }
#pragma unroll
            for (int n = 0; n < tilesN; n++) {
#pragma unroll
                for (int h = 0; h < 2; h++) {
                    const int column = firstColumn + 8 * n + 2 * (lane % 4) + h;
                    b[n][h] = toFloat(weights[placed(column, k / vector) + k % vector]);
                }
            }
#pragma unroll
            for (int m = 0; m < tilesM; m++) {
#pragma unroll
                for (int n = 0; n < tilesN; n++) {
#pragma unroll
                    for (int e = 0; e < 4; e++) sums[m][n][e] += a[m][e / 2] * b[n][e % 2];
                }
            }
        }
    } else {
#pragma unroll
        for (int k = 0; k < BLOCK_K / 16; k++) {
            unsigned a[tilesM][4], b[tilesN / 2][4];
#pragma unroll
            for (int m = 0; m < tilesM; m++) {
                loadMatrices(a[m], stage + placed(firstRow + 16 * m + lane % 16, 2 * k + lane / 16));
            }
#pragma unroll
            for (int n = 0; n < tilesN / 2; n++) {
                const int column = firstColumn + 16 * n + lane % 8 + lane / 16 * 8;
                loadMatrices(b[n], weights + placed(column, 2 * k + lane / 8 % 2));
            }
#pragma unroll
            for (int m = 0; m < tilesM; m++) {
#pragma unroll
                for (int n = 0; n < tilesN; n++) {
                    multiplyAdd(Number{}, sums[m][n], a[m], b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]);
                }
            }
        }
    }
}

KERNEL(product, cuda_product, threads) {
    Element *stages = reinterpret_cast<Element *>(sharedMemory());
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int firstRow = warp / WARPS_N * warpM, firstColumn = warp % WARPS_N * warpN;
    const int firstPixel = blockIdx.x * BLOCK_M, firstOutput = blockIdx.y * BLOCK_N;
    const int group = blockIdx.z / p.splits, split = blockIdx.z % p.splits;

    // The split's share of the sum, in whole tiles.
    const int depth = p.kernel_height * p.kernel_width * p.channels;
    const int allTiles = (depth + BLOCK_K - 1) / BLOCK_K;
    const int share = (allTiles + p.splits - 1) / p.splits;
    const int begin = min(split * share, allTiles), tiles = min(share, allTiles - begin);
    Loader loader(p, group, firstPixel, firstOutput, begin * BLOCK_K, min((begin + tiles) * BLOCK_K, depth));

    float sums[tilesM][tilesN][4] = {};
    for (int s = 0; s < STAGES - 1; s++) {
        if (s < tiles) loader.bring(stages + s * stageElements);
        commitCopies();
    }
    for (int tile = 0; tile < tiles; tile++) {
        waitForCopies<STAGES - 2>();
        // Everyone's copies are there, and everyone is done with the stage that is filled next.
        __syncthreads();
        const int next = tile + STAGES - 1;
        if (next < tiles) loader.bring(stages + next % STAGES * stageElements);
        commitCopies();
        multiply(sums, stages + tile % STAGES * stageElements, firstRow, firstColumn, lane);
    }
    waitForCopies<0>();

    // Through shared memory, so that each thread has neighbouring channels to finish.
    __syncthreads();
    float *results = reinterpret_cast<float *>(stages);
#pragma unroll
    for (int m = 0; m < 2 * tilesM; m++) {
#pragma unroll
        for (int e = 0; e < 2 * tilesN; e++) {
            const int row = firstRow + m * 8 + lane / 4, column = firstColumn + e / 2 * 8 + lane % 4 * 2 + e % 2;
            results[row * resultPitch + column] = sums[m / 2][e / 2][m % 2 * 2 + e % 2];
        }
    }
    __syncthreads();
#pragma unroll 1
    for (int index = threadIdx.x; index < BLOCK_M * BLOCK_N / 8; index += threads) {
        const int row = index / (BLOCK_N / 8), column = index % (BLOCK_N / 8) * 8;
        const int pixel = firstPixel + row, present = p.outputs - firstOutput - column;
        const int image = pixel / p.output_width / p.output_height;
        if (image >= p.batch || present <= 0) continue;
        float x[8];
        loadNeighbours(x, results + row * resultPitch + column);
        finish(p.chain, p.output, x, image, pixel / p.output_width % p.output_height, pixel % p.output_width,
               group * p.outputs + firstOutput + column, present, split * p.copy_stride);
    }
}
