// Stands in for the engine's device.cuh: the same kernel sources become ordinary C++, in which every thread of a block is
// a fiber. What is a collective instruction of a warp on the device waits here until all of its lanes have come to it, and
// is then carried out as the PTX manual describes it. Shared memory starts as NaNs; asynchronous copies arrive when they
// are waited for and not before.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE inline
#define KERNEL(name, Parameters, threads)                                                              \
    static void name(const Parameters &p);                                                             \
    extern "C" const char *emulate_##name(const void *p, const emulation::Geometry *geometry) {        \
        const auto body = [](const void *p) { name(*static_cast<const Parameters *>(p)); };            \
        return emulation::launch(*geometry, threads, body, p);                                         \
    }                                                                                                  \
    static void name(const Parameters &p)

struct bfloat16 {
    unsigned short bits;
};
struct float16 {
    unsigned short bits;
};
struct alignas(16) Vector16 {
    unsigned words[4];
};

namespace emulation {

struct Index {
    unsigned x, y, z;
};
struct Geometry {
    unsigned grid[3], block[3], sharedBytes;
};
enum class State { ready, inCollective, atBarrier, done };

struct Copy {
    void *to;
    const void *from;
    bool isThere;
};

constexpr int stackBytes = 1 << 16, mostThreads = 1024, mostCopies = 1024;

struct Thread {
    void *stackPointer;
    State state;
    Index index;
    int warp, lane;
    // Asynchronous copies under way, and how many there were when each group was closed.
    Copy copies[mostCopies];
    int copyCount, groups[mostCopies], groupCount;
};

struct Warp {
    int arrived;
    // Which instruction the lanes are at; all have to be at the same.
    const char *instruction;
    void *arguments[32];
};

struct Block {
    Thread *threads;
    unsigned char *stacks, *shared;
    Warp warps[mostThreads / 32];
    void *schedulerStack;
    void (*body)(const void *);
    const void *parameters;
    Index index, size, grid;
    int threadCount;
    const char *failure;
};

static thread_local Block *block;
static thread_local Thread *current;

inline void fail(const char *message) {
    if (block->failure == nullptr) block->failure = message;
}

// Keeps the callee's registers on the stack, exchanges the stack and takes the other's registers from it.
#if defined(__x86_64__)
asm(R"(
    .text
emulation_exchange:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
)");
constexpr int savedRegisters = 6;
#elif defined(__aarch64__)
asm(R"(
    .text
emulation_exchange:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp d8, d9, [sp, #80]
    stp d10, d11, [sp, #96]
    stp d12, d13, [sp, #112]
    stp d14, d15, [sp, #128]
    stp x29, x30, [sp, #144]
    mov x2, sp
    str x2, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp d8, d9, [sp, #80]
    ldp d10, d11, [sp, #96]
    ldp d12, d13, [sp, #112]
    ldp d14, d15, [sp, #128]
    ldp x29, x30, [sp, #144]
    add sp, sp, #160
    ret
)");
constexpr int savedRegisters = 19;
#else
#error "the emulation knows how to exchange stacks on x86-64 and aarch64"
#endif
extern "C" void emulation_exchange(void **from, void *to);

// Lets the others go on.
inline void pause(State state) {
    current->state = state;
    emulation_exchange(&current->stackPointer, block->schedulerStack);
}

static void enter() {
    block->body(block->parameters);
    pause(State::done);
}

static void prepare(Thread &thread, unsigned char *stack) {
    void **top = reinterpret_cast<void **>(stack + stackBytes) - 2 - savedRegisters;
    memset(top, 0, (savedRegisters + 2) * sizeof(void *));
    top[savedRegisters] = reinterpret_cast<void *>(enter);
    thread.stackPointer = top;
    thread.state = State::ready;
    thread.copyCount = thread.groupCount = 0;
}

static void runBlock() {
    for (int t = 0; t < block->threadCount; t++) prepare(block->threads[t], block->stacks + (size_t)t * stackBytes);
    for (Warp &warp : block->warps) warp.arrived = 0;
    // Every second block starts with its last warp, so that no order is relied on.
    const bool isReversed = block->index.x % 2 == 1;
    for (;;) {
        bool moved = false, isDone = true, isHeld = true;
        for (int n = 0; n < block->threadCount; n++) {
            current = &block->threads[isReversed ? block->threadCount - 1 - n : n];
            if (current->state != State::ready) continue;
            moved = true;
            emulation_exchange(&block->schedulerStack, current->stackPointer);
        }
        for (int t = 0; t < block->threadCount; t++) {
            const State state = block->threads[t].state;
            isDone = isDone && state == State::done;
            isHeld = isHeld && (state == State::done || state == State::atBarrier);
        }
        if (isDone) return;
        if (isHeld) {
            for (int t = 0; t < block->threadCount; t++) {
                if (block->threads[t].state == State::atBarrier) block->threads[t].state = State::ready;
            }
        } else if (!moved) {
            return fail("threads of a warp wait for each other at different places");
        }
    }
}

static const char *launch(
    const Geometry &geometry, int mostThreadsOfKernel, void (*body)(const void *), const void *parameters) {
    const int count = geometry.block[0] * geometry.block[1] * geometry.block[2];
    if (count > mostThreadsOfKernel || count > mostThreads) return "more threads than the kernel is made for";
    Block mine = {};
    block = &mine;
    mine.threads = static_cast<Thread *>(malloc(count * sizeof(Thread)));
    mine.stacks = static_cast<unsigned char *>(aligned_alloc(64, (size_t)count * stackBytes));
    mine.shared = static_cast<unsigned char *>(aligned_alloc(128, (geometry.sharedBytes + 255) / 128 * 128));
    mine.body = body;
    mine.parameters = parameters;
    mine.size = {geometry.block[0], geometry.block[1], geometry.block[2]};
    mine.grid = {geometry.grid[0], geometry.grid[1], geometry.grid[2]};
    mine.threadCount = count;
    for (int t = 0; t < count; t++) {
        Thread &thread = mine.threads[t];
        thread.index = {t % mine.size.x, t / mine.size.x % mine.size.y, t / mine.size.x / mine.size.y};
        thread.warp = t / 32;
        thread.lane = t % 32;
    }
    for (unsigned z = 0; z < mine.grid.z; z++) {
        for (unsigned y = 0; y < mine.grid.y; y++) {
            for (unsigned x = 0; x < mine.grid.x && mine.failure == nullptr; x++) {
                mine.index = {x, y, z};
                memset(mine.shared, 0xff, geometry.sharedBytes);
                // Behind what was asked for lies a mark, which is to stay.
                unsigned char *mark = mine.shared + geometry.sharedBytes;
                memset(mark, 0x5a, 64);
                runBlock();
                for (int b = 0; b < 64; b++) {
                    if (mark[b] != 0x5a) fail("a kernel wrote beyond its shared memory");
                }
            }
        }
    }
    free(mine.threads);
    free(mine.stacks);
    free(mine.shared);
    return mine.failure;
}

// Waits until the whole warp is here; the last lane to come does the work of all.
template <typename Arguments, typename Body>
void collective(const char *instruction, Arguments &mine, Body body) {
    Warp &warp = block->warps[current->warp];
    if (warp.arrived > 0 && warp.instruction != instruction) fail("lanes of a warp are at different instructions");
    warp.instruction = instruction;
    warp.arguments[current->lane] = &mine;
    if (++warp.arrived < 32) return pause(State::inCollective);
    warp.arrived = 0;
    Arguments *all[32];
    for (int lane = 0; lane < 32; lane++) all[lane] = static_cast<Arguments *>(warp.arguments[lane]);
    body(all);
    for (int lane = 0; lane < 32; lane++) {
        Thread &thread = block->threads[current->warp * 32 + lane];
        if (&thread != current) thread.state = State::ready;
    }
}

inline void requireAligned(const void *pointer) {
    if (reinterpret_cast<uintptr_t>(pointer) % 16 != 0) fail("a vector is not aligned");
}

}  // namespace emulation

#define threadIdx (emulation::current->index)
#define blockIdx (emulation::block->index)
#define blockDim (emulation::block->size)
#define gridDim (emulation::block->grid)

inline void __syncthreads() { emulation::pause(emulation::State::atBarrier); }
inline unsigned char *sharedMemory() { return emulation::block->shared; }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

inline float fromBits(unsigned bits) {
    float result;
    memcpy(&result, &bits, sizeof result);
    return result;
}
inline unsigned toBits(float x) {
    unsigned result;
    memcpy(&result, &x, sizeof result);
    return result;
}

inline float toFloat(float x) { return x; }
inline float toFloat(bfloat16 x) { return fromBits(unsigned(x.bits) << 16); }
inline float toFloat(float16 x) {
    const unsigned sign = unsigned(x.bits & 0x8000) << 16, exponent = x.bits >> 10 & 31, fraction = x.bits & 1023;
    if (exponent == 31) return fromBits(sign | 0x7f800000 | fraction << 13);
    // A product by a power of two makes subnormals right.
    return fromBits(sign | toBits(fromBits(unsigned(x.bits & 0x7fff) << 13) * fromBits((127 + 112) << 23)));
}

inline void fromFloat(float x, float &result) { result = x; }
inline void fromFloat(float x, bfloat16 &result) {
    const unsigned bits = toBits(x);
    result.bits = x != x ? 0x7fff : (unsigned short)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
inline void fromFloat(float x, float16 &result) {
    const unsigned sign = toBits(x) >> 16 & 0x8000, magnitude = toBits(x) & 0x7fffffff;
    unsigned bits;
    if (x != x) {
        bits = 0x7fff;
    } else if (magnitude >= 0x477ff000) {
        bits = 0x7c00;  // From 65520 on: infinity.
    } else if (magnitude < 0x38800000) {
        // Subnormal: adding a half makes the last bit stand for 2⁻²⁴, rounded to even.
        bits = toBits(fromBits(magnitude) + 0.5f) - 0x3f000000;
    } else {
        bits = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
    }
    result.bits = (unsigned short)(sign | bits);
}

inline void copyAsync(void *shared, const void *global, bool isThere) {
    emulation::requireAligned(shared);
    emulation::requireAligned(global);
    emulation::Thread &thread = *emulation::current;
    if (thread.copyCount == emulation::mostCopies) return emulation::fail("copies are not waited for");
    thread.copies[thread.copyCount++] = {shared, global, isThere};
    // What has not arrived is not there.
    memset(shared, 0xff, 16);
}
inline void commitCopies() {
    emulation::Thread &thread = *emulation::current;
    if (thread.groupCount == emulation::mostCopies) return emulation::fail("copies are not waited for");
    thread.groups[thread.groupCount++] = thread.copyCount;
}
template <int remaining>
void waitForCopies() {
    emulation::Thread &thread = *emulation::current;
    const int arriving = thread.groupCount - remaining;
    if (arriving <= 0) return;
    const int copies = thread.groups[arriving - 1];
    for (int c = 0; c < copies; c++) {
        const emulation::Copy &copy = thread.copies[c];
        if (copy.isThere) {
            memcpy(copy.to, copy.from, 16);
        } else {
            memset(copy.to, 0, 16);
        }
    }
    thread.copyCount -= copies;
    memmove(thread.copies, thread.copies + copies, thread.copyCount * sizeof(emulation::Copy));
    thread.groupCount = remaining;
    for (int g = 0; g < remaining; g++) thread.groups[g] = thread.groups[arriving + g] - copies;
}

struct MatrixLoad {
    const void *row;
    unsigned *result;
};

inline void loadMatrices(unsigned (&result)[4], const void *row) {
    emulation::requireAligned(row);
    MatrixLoad mine = {row, result};
    emulation::collective("ldmatrix", mine, [](MatrixLoad **lanes) {
        for (int lane = 0; lane < 32; lane++) {
            for (int matrix = 0; matrix < 4; matrix++) {
                const void *from = lanes[8 * matrix + lane / 4]->row;
                memcpy(lanes[lane]->result + matrix, static_cast<const unsigned *>(from) + lane % 4, 4);
            }
        }
    });
}

inline void loadTransposedMatrices(unsigned (&result)[4], const void *row) {
    emulation::requireAligned(row);
    MatrixLoad mine = {row, result};
    emulation::collective("ldmatrix.trans", mine, [](MatrixLoad **lanes) {
        for (int lane = 0; lane < 32; lane++) {
            for (int matrix = 0; matrix < 4; matrix++) {
                unsigned short pair[2];
                for (int e = 0; e < 2; e++) {
                    const void *from = lanes[8 * matrix + 2 * (lane % 4) + e]->row;
                    pair[e] = static_cast<const unsigned short *>(from)[lane / 4];
                }
                memcpy(lanes[lane]->result + matrix, pair, 4);
            }
        }
    });
}

template <typename Element>
struct Product {
    float *sum;
    const unsigned *a;
    unsigned b[2];
};

// The element of row `row` and column `column` in a lane's registers: PTX, "Matrix Fragments for mma.m16n8k16".
template <typename Element>
void multiplyAdd(Element, float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    Product<Element> mine = {sum, a, {b0, b1}};
    emulation::collective("mma", mine, [](Product<Element> **lanes) {
        const auto half = [](unsigned pair, int e) {
            return toFloat(Element{(unsigned short)(e == 0 ? pair & 0xffff : pair >> 16)});
        };
        float a[16][16], b[16][8];
        for (int lane = 0; lane < 32; lane++) {
            for (int e = 0; e < 8; e++) {
                const int row = lane / 4 + (e / 2 % 2) * 8, column = lane % 4 * 2 + e % 2 + e / 4 * 8;
                a[row][column] = half(lanes[lane]->a[e / 2], e % 2);
            }
            for (int e = 0; e < 4; e++) {
                b[lane % 4 * 2 + e % 2 + e / 2 * 8][lane / 4] = half(lanes[lane]->b[e / 2], e % 2);
            }
        }
        float product[16][8] = {};
        for (int row = 0; row < 16; row++) {
            for (int k = 0; k < 16; k++) {
                for (int column = 0; column < 8; column++) product[row][column] += a[row][k] * b[k][column];
            }
        }
        for (int lane = 0; lane < 32; lane++) {
            for (int e = 0; e < 4; e++) {
                lanes[lane]->sum[e] += product[lane / 4 + e / 2 * 8][lane % 4 * 2 + e % 2];
            }
        }
    });
}

struct Shuffle {
    float value, result;
    int mask;
};

inline float shuffleXor(float value, int mask) {
    Shuffle mine = {value, 0, mask};
    emulation::collective("shfl", mine, [](Shuffle **lanes) {
        for (int lane = 0; lane < 32; lane++) lanes[lane]->result = lanes[lane ^ lanes[lane]->mask]->value;
    });
    return mine.result;
}

inline void synchronizeWarp() {
    int nothing = 0;
    emulation::collective("bar.warp", nothing, [](int **) {});
}
