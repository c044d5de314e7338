// What the kernels are passed: read by the kernels, by the host's compiler and by Swift, so that all lay it out alike.
// Addresses are the device's; extents and strides count elements.
#ifndef CUDA_PARAMETERS_H
#define CUDA_PARAMETERS_H

typedef unsigned long long cuda_address;

// How numbers lie in memory.
enum cuda_type {
    CUDA_INT8,
    CUDA_UINT8,
    CUDA_INT32,
    CUDA_INT64,
    CUDA_FLOAT16,
    CUDA_BFLOAT16,
    CUDA_FLOAT32,
};

// What is done to a number, after Graph.Operation.Unary, .Binary and .clamp. The last two are binary operations whose
// operands are the other way round.
enum cuda_step_kind {
    CUDA_SILU,
    CUDA_GELU,
    CUDA_GELU_TANH,
    CUDA_QUICK_GELU,
    CUDA_RELU,
    CUDA_TANH,
    CUDA_SIGMOID,
    CUDA_SIN,
    CUDA_COS,
    CUDA_EXP,
    CUDA_SQRT,
    CUDA_ROUND,
    CUDA_CLAMP,
    CUDA_ADD,
    CUDA_SUBTRACT,
    CUDA_MULTIPLY,
    CUDA_DIVIDE,
    CUDA_SUBTRACT_FROM,
    CUDA_DIVIDE_INTO,
};

enum { CUDA_AXES = 4, CUDA_STEPS = 8 };

// A tensor of four axes; the stride is 0 along an axis that it is repeated along.
struct cuda_view {
    cuda_address data;
    int type;
    int strides[CUDA_AXES];
};

struct cuda_step {
    int kind;
    // A clamp's bounds; `lower` is also the operand where `operand.data` is 0.
    float lower, upper;
    struct cuda_view operand;
};

// What is done to every number of a kernel's result before it is stored.
struct cuda_chain {
    int count;
    struct cuda_step steps[CUDA_STEPS];
};

// output[i] = chain(Σ over copies of input[i]); along an axis where the input is shorter, its nearest neighbour.
struct cuda_elementwise {
    int extents[CUDA_AXES];
    int input_extents[CUDA_AXES];
    struct cuda_view input, output;
    int copies;
    long long copy_stride;
    struct cuda_chain chain;
};

// output[i, c] = table[ids[i], c]
struct cuda_embedding {
    cuda_address ids;
    struct cuda_view table, output;
    int rows, width;
};

// A convolution as a matrix product, and a linear as a convolution of 1×1. The input is [batch, row, column, channel]
// with channels side by side, the weight [group, output, kernel row, kernel column, channel].
struct cuda_product {
    cuda_address input, weight;
    int input_strides[3];
    // What the kernel moves over, and the input's own size: smaller where it is enlarged to its nearest neighbours.
    int height, width, input_height, input_width;
    // Of one group.
    int channels, outputs;
    int kernel_height, kernel_width, stride, top, left;
    int batch, output_height, output_width;
    // Parts that the sum is split into; each writes its own copy of the output.
    int splits;
    long long copy_stride;
    // [batch, row, column, channel]
    struct cuda_view output;
    struct cuda_chain chain;
};

// softmax(q·kᵀ·scale)·v; the strides are those of batch and token, a head's channels lie side by side.
struct cuda_attention {
    cuda_address query, key, value, output;
    int query_strides[2], key_strides[2], value_strides[2], output_strides[2];
    int queries, keys, heads, head_size;
    float scale;
    int causal;
};

// The input is [batch, pixel, channel] with channels side by side. Each of `splits` blocks sums up a share of the pixels.
struct cuda_group_norm {
    cuda_address input, weight, bias;
    int input_strides[2];
    int pixels, channels, groups, splits;
    float epsilon;
    // [batch, split, group, 2]: the sums of x − p and (x − p)², where p is the group's first number.
    cuda_address sums;
    // [batch, 0, pixel, channel]
    struct cuda_view output;
    struct cuda_chain chain;
};

// Rows are [batch, row, column] with channels side by side; the output's last axis is the channel.
struct cuda_layer_norm {
    cuda_address input, weight, bias;
    int extents[3], input_strides[3];
    int channels;
    float epsilon;
    struct cuda_view output;
    struct cuda_chain chain;
};

#endif
