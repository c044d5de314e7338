// Attention with the softmax computed as its sum goes along (Dao, "FlashAttention-2", 2023): scores are never in memory.
//
// A block makes 16 · WARPS queries of one head, KEYS keys at a time out of STAGES tiles in flight; each warp has 16
// queries. HEAD is the head's size rounded up, with zeros behind it. Of large heads a block makes SLICE channels only, so
// that its sums fit into registers. VECTORS says that 16 bytes of channels lie side by side and aligned.
#include "numbers.cuh"

typedef ELEMENT Element;
constexpr int threads = 32 * WARPS;
constexpr int queriesAtOnce = 16 * WARPS;
constexpr int vector = 16 / sizeof(Element);
// Rows are a vector longer than what they hold: eight rows' vectors lie in different banks then.
constexpr int pitch = HEAD + vector, valuePitch = SLICE + vector;
constexpr int scoreTiles = KEYS / 8, sumTiles = SLICE / 8;
constexpr int stageElements = KEYS * (pitch + valuePitch);
constexpr float masked = -1e30f;
static_assert(KEYS % 16 == 0 && HEAD % 16 == 0 && SLICE % 16 == 0, "a warp multiplies by 16");

// Copies `rows` rows of `width` channels; zeros beyond `rowLimit` and `channelLimit`.
DEVICE void bring(Element *shared, int sharedPitch, const Element *source, int stride, int rows, int rowLimit, int width,
                  int channelLimit) {
    for (int index = threadIdx.x; index < rows * (width / vector); index += threads) {
        const int row = index / (width / vector), c = index % (width / vector) * vector;
        Element *to = shared + row * sharedPitch + c;
        const Element *from = source + (long long)row * stride + c;
#if VECTORS
        const bool isThere = row < rowLimit && c < channelLimit;
        copyAsync(to, isThere ? from : source, isThere);
#else
        for (int e = 0; e < vector; e++) to[e] = row < rowLimit && c + e < channelLimit ? from[e] : Element{0};
#endif
    }
}

// 16 queries' products with all keys of a tile. A template, so that only the branch taken is compiled.
template <typename Number>
DEVICE void score(float (&scores)[scoreTiles][4], const Number *query, const Number *keys, int lane) {
    if constexpr (sizeof(Number) == 4) {
        for (int c = 0; c < HEAD; c++) {
            const float q[2] = {toFloat(query[lane / 4 * pitch + c]), toFloat(query[(lane / 4 + 8) * pitch + c])};
#pragma unroll
            for (int n = 0; n < scoreTiles; n++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    scores[n][e] += q[e / 2] * toFloat(keys[(8 * n + lane % 4 * 2 + e % 2) * pitch + c]);
                }
            }
        }
    } else {
#pragma unroll
        for (int c = 0; c < HEAD; c += 16) {
            unsigned a[4];
            loadMatrices(a, query + lane % 16 * pitch + c + lane / 16 * 8);
#pragma unroll
            for (int n = 0; n < scoreTiles / 2; n++) {
                unsigned b[4];
                loadMatrices(b, keys + (16 * n + lane % 8 + lane / 16 * 8) * pitch + c + lane / 8 % 2 * 8);
                multiplyAdd(Number{}, scores[2 * n], a, b[0], b[1]);
                multiplyAdd(Number{}, scores[2 * n + 1], a, b[2], b[3]);
            }
        }
    }
}

// Adds the values, weighted by the tile's scores. `exchange` has room for 16 × KEYS numbers of this warp.
template <typename Number>
DEVICE void gather(float (&sums)[sumTiles][4], const float (&scores)[scoreTiles][4], const Number *values,
                   float *exchange, int lane) {
    if constexpr (sizeof(Number) == 4) {
#pragma unroll
        for (int n = 0; n < scoreTiles; n++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                exchange[(lane / 4 + e / 2 * 8) * KEYS + 8 * n + lane % 4 * 2 + e % 2] = scores[n][e];
            }
        }
        synchronizeWarp();
        for (int k = 0; k < KEYS; k++) {
            const float weights[2] = {exchange[lane / 4 * KEYS + k], exchange[(lane / 4 + 8) * KEYS + k]};
#pragma unroll
            for (int n = 0; n < sumTiles; n++) {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    sums[n][e] += weights[e / 2] * toFloat(values[k * valuePitch + 8 * n + lane % 4 * 2 + e % 2]);
                }
            }
        }
        synchronizeWarp();
    } else {
#pragma unroll
        for (int k = 0; k < KEYS / 16; k++) {
            // A product's result lies in the warp as the next one's left operand has to.
            const unsigned a[4] = {
                pack<Number>(scores[2 * k][0], scores[2 * k][1]), pack<Number>(scores[2 * k][2], scores[2 * k][3]),
                pack<Number>(scores[2 * k + 1][0], scores[2 * k + 1][1]),
                pack<Number>(scores[2 * k + 1][2], scores[2 * k + 1][3])};
#pragma unroll
            for (int n = 0; n < sumTiles / 2; n++) {
                unsigned b[4];
                loadTransposedMatrices(b, values + (16 * k + lane % 16) * valuePitch + 16 * n + lane / 16 * 8);
                multiplyAdd(Number{}, sums[2 * n], a, b[0], b[1]);
                multiplyAdd(Number{}, sums[2 * n + 1], a, b[2], b[3]);
            }
        }
    }
}

KERNEL(attention, cuda_attention, threads) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int image = blockIdx.y / p.heads, head = blockIdx.y % p.heads;
    const int firstQuery = blockIdx.x * queriesAtOnce, firstChannel = blockIdx.z * SLICE;
    const auto of = [&](cuda_address data, const int (&strides)[2]) {
        return reinterpret_cast<Element *>(data) + (long long)image * strides[0] + head * p.head_size;
    };
    const Element *keys = of(p.key, p.key_strides), *values = of(p.value, p.value_strides) + firstChannel;
    const Element *queries = of(p.query, p.query_strides) + (long long)firstQuery * p.query_strides[1];

    Element *query = reinterpret_cast<Element *>(sharedMemory());
    Element *stages = query + queriesAtOnce * pitch;
    float *exchange = reinterpret_cast<float *>(stages + STAGES * stageElements) + warp * 16 * KEYS;

    const auto bringTile = [&](int tile) {
        Element *stage = stages + tile % STAGES * stageElements;
        const int first = tile * KEYS;
        bring(stage, pitch, keys + (long long)first * p.key_strides[1], p.key_strides[1], KEYS, p.keys - first, HEAD,
              p.head_size);
        bring(stage + KEYS * pitch, valuePitch, values + (long long)first * p.value_strides[1], p.value_strides[1],
              KEYS, p.keys - first, SLICE, p.head_size - firstChannel);
        commitCopies();
    };
    bring(query, pitch, queries, p.query_strides[1], queriesAtOnce, p.queries - firstQuery, HEAD, p.head_size);
    bringTile(0);

    // Of the lane's two queries: the largest score, the sum of the weights, and the sums of weighted values.
    float largest[2] = {masked, masked}, total[2] = {}, sums[sumTiles][4] = {};
    const float scale = p.scale * 1.44269504f;
    const int visible = p.causal ? min(p.keys, firstQuery + queriesAtOnce) : p.keys;
    const int tiles = (visible + KEYS - 1) / KEYS;
    for (int tile = 0; tile < tiles; tile++) {
        if (STAGES > 1 && tile + 1 < tiles) {
            bringTile(tile + 1);
            waitForCopies<1>();
        } else {
            waitForCopies<0>();
        }
        __syncthreads();
        const Element *stage = stages + tile % STAGES * stageElements;
        float scores[scoreTiles][4] = {};
        score(scores, query + warp * 16 * pitch, stage, lane);
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int seen = p.causal ? min(p.keys, firstQuery + warp * 16 + lane / 4 + h * 8 + 1) : p.keys;
            float top = largest[h];
#pragma unroll
            for (int e = 0; e < 2 * scoreTiles; e++) {
                float &x = scores[e / 2][h * 2 + e % 2];
                const int key = tile * KEYS + e / 2 * 8 + lane % 4 * 2 + e % 2;
                x = key < seen ? x * scale : masked;
                top = fmaxf(top, x);
            }
            // A row is spread over four neighbouring lanes.
            top = fmaxf(top, shuffleXor(top, 1));
            top = fmaxf(top, shuffleXor(top, 2));
            const float shrink = exp2f(largest[h] - top);
            largest[h] = top;
            float part = 0;
#pragma unroll
            for (int e = 0; e < 2 * scoreTiles; e++) {
                float &x = scores[e / 2][h * 2 + e % 2];
                x = exp2f(x - top);
                part += x;
            }
            total[h] = total[h] * shrink + part;
#pragma unroll
            for (int e = 0; e < 2 * sumTiles; e++) sums[e / 2][h * 2 + e % 2] *= shrink;
        }
        gather(sums, scores, stage + KEYS * pitch, exchange, lane);
        // Everyone is done with the stage that is filled next.
        __syncthreads();
        if (STAGES == 1 && tile + 1 < tiles) bringTile(tile + 1);
    }

#pragma unroll
    for (int h = 0; h < 2; h++) {
        float whole = total[h];
        whole += shuffleXor(whole, 1);
        whole += shuffleXor(whole, 2);
        const int index = firstQuery + warp * 16 + lane / 4 + h * 8;
        if (index >= p.queries) continue;
        Element *output = of(p.output, p.output_strides) + (long long)index * p.output_strides[1] + firstChannel;
#pragma unroll
        for (int e = 0; e < 2 * sumTiles; e++) {
            const int c = e / 2 * 8 + lane % 4 * 2 + e % 2;
            if (firstChannel + c < p.head_size) fromFloat(sums[e / 2][h * 2 + e % 2] / whole, output[c]);
        }
    }
}
