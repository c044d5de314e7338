// All that the kernels need of the device: number types, shared memory, asynchronous copies, and the warp's collective
// instructions. Tests put a header of the same name in this one's place, in which the host does the same.
#pragma once

#define DEVICE __device__ __forceinline__
#define KERNEL(name, Parameters, threads) \
    extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Parameters p)

// Dynamic shared memory, aligned for vectors.
DEVICE unsigned char *sharedMemory() {
    extern __shared__ __align__(128) unsigned char memory[];
    return memory;
}

struct bfloat16 {
    unsigned short bits;
};
struct float16 {
    unsigned short bits;
};
struct alignas(16) Vector16 {
    unsigned words[4];
};

DEVICE float toFloat(float x) { return x; }
DEVICE float toFloat(bfloat16 x) { return __uint_as_float(unsigned(x.bits) << 16); }
DEVICE float toFloat(float16 x) {
    float result;
    asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(x.bits));
    return result;
}

DEVICE void fromFloat(float x, float &result) { result = x; }
DEVICE void fromFloat(float x, bfloat16 &result) { asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(x)); }
DEVICE void fromFloat(float x, float16 &result) { asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(x)); }

DEVICE unsigned sharedAddress(const void *pointer) { return unsigned(__cvta_generic_to_shared(pointer)); }

// 16 bytes from global to shared memory, which arrive at waitForCopies; zeros where not `isThere`.
DEVICE void copyAsync(void *shared, const void *global, bool isThere) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global),
                 "r"(isThere ? 16 : 0)
                 : "memory");
}
DEVICE void commitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits for the thread's own copies, all but those of the last `remaining` groups.
template <int remaining>
DEVICE void waitForCopies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(remaining) : "memory");
}

// Four 8×8 matrices of 16-bit numbers; lane 8i + r points to row r of matrix i. Each lane gets two neighbours of row
// lane / 4, or of column lane / 4 where transposed.
DEVICE void loadMatrices(unsigned (&result)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
                 : "r"(sharedAddress(row))
                 : "memory");
}
DEVICE void loadTransposedMatrices(unsigned (&result)[4], const void *row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(result[0]), "=r"(result[1]), "=r"(result[2]), "=r"(result[3])
                 : "r"(sharedAddress(row))
                 : "memory");
}

// sum[16×8] += a[16×16] · b[16×8], distributed over the warp as PTX's mma.m16n8k16 has it.
DEVICE void multiplyAdd(bfloat16, float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
DEVICE void multiplyAdd(float16, float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                 "{%0, %1, %2, %3};"
                 : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The value of the lane whose number differs in the bits of `mask`.
DEVICE float shuffleXor(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }
// All lanes of the warp see each other's shared memory.
DEVICE void synchronizeWarp() { __syncwarp(); }
