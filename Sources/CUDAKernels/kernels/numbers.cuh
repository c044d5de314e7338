// Numbers of any type in memory, and the chain of operations that a kernel ends with.
#pragma once
#include "device.cuh"
#include "parameters.h"

DEVICE float load(int type, cuda_address data, long long index) {
    switch (type) {
    case CUDA_INT8: return float(reinterpret_cast<const signed char *>(data)[index]);
    case CUDA_UINT8: return float(reinterpret_cast<const unsigned char *>(data)[index]);
    case CUDA_INT32: return float(reinterpret_cast<const int *>(data)[index]);
    case CUDA_INT64: return float(reinterpret_cast<const long long *>(data)[index]);
    case CUDA_FLOAT16: return toFloat(reinterpret_cast<const float16 *>(data)[index]);
    case CUDA_BFLOAT16: return toFloat(reinterpret_cast<const bfloat16 *>(data)[index]);
    default: return reinterpret_cast<const float *>(data)[index];
    }
}

// Whole numbers truncate toward zero; bytes saturate.
DEVICE void store(int type, cuda_address data, long long index, float value) {
    switch (type) {
    case CUDA_INT8: reinterpret_cast<signed char *>(data)[index] = (signed char)fminf(fmaxf(value, -128), 127); break;
    case CUDA_UINT8: reinterpret_cast<unsigned char *>(data)[index] = (unsigned char)fminf(fmaxf(value, 0), 255); break;
    case CUDA_INT32: reinterpret_cast<int *>(data)[index] = int(value); break;
    case CUDA_INT64: reinterpret_cast<long long *>(data)[index] = (long long)value; break;
    case CUDA_FLOAT16: fromFloat(value, reinterpret_cast<float16 *>(data)[index]); break;
    case CUDA_BFLOAT16: fromFloat(value, reinterpret_cast<bfloat16 *>(data)[index]); break;
    default: reinterpret_cast<float *>(data)[index] = value;
    }
}

// Where a view's numbers at these coordinates of its first three axes begin.
DEVICE long long offset(const cuda_view &view, int i, int j, int k) {
    return (long long)i * view.strides[0] + (long long)j * view.strides[1] + (long long)k * view.strides[2];
}

DEVICE float unary(int kind, float x) {
    switch (kind) {
    case CUDA_SILU: return x / (1 + expf(-x));
    case CUDA_GELU: return 0.5f * x * (1 + erff(x * 0.70710677f));
    case CUDA_GELU_TANH: return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case CUDA_QUICK_GELU: return x / (1 + expf(-1.702f * x));
    case CUDA_RELU: return fmaxf(x, 0);
    case CUDA_TANH: return tanhf(x);
    case CUDA_SIGMOID: return 1 / (1 + expf(-x));
    case CUDA_SIN: return sinf(x);
    case CUDA_COS: return cosf(x);
    case CUDA_EXP: return expf(x);
    case CUDA_SQRT: return sqrtf(x);
    default: return rintf(x);
    }
}

DEVICE float binary(int kind, float x, float y) {
    switch (kind) {
    case CUDA_ADD: return x + y;
    case CUDA_SUBTRACT: return x - y;
    case CUDA_MULTIPLY: return x * y;
    case CUDA_DIVIDE: return x / y;
    case CUDA_SUBTRACT_FROM: return y - x;
    default: return y / x;
    }
}

// Whether `count` neighbours can be moved 16 bytes at a time.
template <typename Element, int count>
DEVICE bool isVector(const Element *data, int stride, int present) {
    return count * sizeof(Element) % sizeof(Vector16) == 0 && stride == 1 && present >= count &&
        reinterpret_cast<cuda_address>(data) % sizeof(Vector16) == 0;
}

template <typename Element, int count>
union Neighbours {
    Vector16 vectors[(count * sizeof(Element) + sizeof(Vector16) - 1) / sizeof(Vector16)];
    Element elements[count];
};

// `count` numbers side by side, at a multiple of 16 bytes where they are more than one.
template <typename Element, int count>
DEVICE void loadNeighbours(float (&result)[count], const Element *source) {
    if constexpr (count > 1) {
        static_assert(count * sizeof(Element) % sizeof(Vector16) == 0, "whole vectors");
        Neighbours<Element, count> loaded;
        const Vector16 *from = reinterpret_cast<const Vector16 *>(source);
#pragma unroll
        for (int v = 0; v < count * sizeof(Element) / sizeof(Vector16); v++) loaded.vectors[v] = from[v];
#pragma unroll
        for (int e = 0; e < count; e++) result[e] = toFloat(loaded.elements[e]);
    } else {
        result[0] = toFloat(*source);
    }
}

template <typename Element, int count>
DEVICE void storeNeighbours(Element *target, const float (&x)[count]) {
    Neighbours<Element, count> stored;
#pragma unroll
    for (int e = 0; e < count; e++) fromFloat(x[e], stored.elements[e]);
    Vector16 *to = reinterpret_cast<Vector16 *>(target);
#pragma unroll
    for (int v = 0; v < count * sizeof(Element) / sizeof(Vector16); v++) to[v] = stored.vectors[v];
}

// Calls `move` with where a row begins, as its own type, if its numbers can be moved 16 bytes at a time. Returns whether.
template <int count, typename Move>
DEVICE bool moveVectors(const cuda_view &view, long long start, int present, Move move) {
    const auto with = [&](auto element) {
        typedef decltype(element) Element;
        Element *data = reinterpret_cast<Element *>(view.data) + start;
        if constexpr (count * sizeof(Element) % sizeof(Vector16) == 0) {
            if (!isVector<Element, count>(data, view.strides[3], present)) return false;
            move(data);
            return true;
        } else {
            return false;
        }
    };
    return (view.type == CUDA_FLOAT32 && with(float{})) || (view.type == CUDA_BFLOAT16 && with(bfloat16{})) ||
        (view.type == CUDA_FLOAT16 && with(float16{}));
}

// A row's numbers from `start` on, of which `present` are there; the others are left alone.
template <int count>
DEVICE void loadRow(const cuda_view &view, long long start, float (&x)[count], int present) {
    if (moveVectors<count>(view, start, present, [&](auto *data) { loadNeighbours(x, data); })) return;
#pragma unroll
    for (int e = 0; e < count; e++) {
        if (e < present) x[e] = load(view.type, view.data, start + (long long)e * view.strides[3]);
    }
}

template <int count>
DEVICE void storeRow(const cuda_view &view, long long start, const float (&x)[count], int present) {
    if (moveVectors<count>(view, start, present, [&](auto *data) { storeNeighbours(data, x); })) return;
#pragma unroll
    for (int e = 0; e < count; e++) {
        if (e < present) store(view.type, view.data, start + (long long)e * view.strides[3], x[e]);
    }
}

// What a kernel ends with: applies the chain to `count` numbers from channel `c` on, of which `present` are there, and
// stores them. Step by step and not number by number, so that a step is looked at once.
template <int count>
DEVICE void finish(const cuda_chain &chain, const cuda_view &output, float (&x)[count], int i, int j, int k, int c,
                   int present, long long start = 0) {
    for (int index = 0; index < chain.count; index++) {
        const cuda_step &step = chain.steps[index];
        const int kind = step.kind;
        if (kind < CUDA_CLAMP) {
#pragma unroll
            for (int e = 0; e < count; e++) x[e] = unary(kind, x[e]);
        } else if (kind == CUDA_CLAMP) {
#pragma unroll
            for (int e = 0; e < count; e++) x[e] = fminf(fmaxf(x[e], step.lower), step.upper);
        } else {
            float y[count];
#pragma unroll
            for (int e = 0; e < count; e++) y[e] = step.lower;
            const cuda_view &view = step.operand;
            if (view.data != 0) loadRow(view, offset(view, i, j, k) + (long long)c * view.strides[3], y, present);
#pragma unroll
            for (int e = 0; e < count; e++) x[e] = binary(kind, x[e], y[e]);
        }
    }
    storeRow(output, start + offset(output, i, j, k) + (long long)c * output.strides[3], x, present);
}

template <typename Element>
DEVICE unsigned pack(float low, float high) {
    Element a, b;
    fromFloat(low, a);
    fromFloat(high, b);
    return unsigned(a.bits) | unsigned(b.bits) << 16;
}
