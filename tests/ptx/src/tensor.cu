// Products by tensor cores: asynchronous copies to shared memory, ldmatrix and mma.sync, as tuned kernels have them.

#include <cuda_fp16.h>
#include <cuda_pipeline.h>

// c = a b in tiles of 16 by 8, one warp each; a is m by k in rows, b is given by its n columns of k elements.
extern "C" __global__ void matmul_half(const __half *a, const __half *b, float *c, int n, int k) {
    __shared__ __align__(16) __half left[2][16 * 16];
    __shared__ __align__(16) __half right[2][8 * 16];
    int lane = threadIdx.x, row = 16 * blockIdx.y, column = 8 * blockIdx.x;
    float sum[4] = {0, 0, 0, 0};
    auto fetch = [&](int stage, int at) {
        int r = lane / 2, part = 8 * (lane % 2);
        __pipeline_memcpy_async(&left[stage][16 * r + part], a + (row + r) * k + at + part, 16);
        if (lane < 16)
            __pipeline_memcpy_async(&right[stage][16 * r + part], b + (column + r) * k + at + part, 16);
        __pipeline_commit();
    };
    fetch(0, 0);
    for (int at = 0, stage = 0; at < k; at += 16, stage ^= 1) {
        if (at + 16 < k)
            fetch(stage ^ 1, at + 16);
        __pipeline_wait_prior(at + 16 < k ? 1 : 0);
        __syncthreads();
        unsigned x[4], y[2];
        unsigned from = __cvta_generic_to_shared(&left[stage][16 * (lane % 16) + 8 * (lane / 16)]);
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(from));
        from = __cvta_generic_to_shared(&right[stage][16 * (lane % 8) + 8 * (lane / 8 % 2)]);
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(y[0]), "=r"(y[1]) : "r"(from));
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                     "{%0, %1, %2, %3};"
                     : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
                     : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(y[0]), "r"(y[1]));
        __syncthreads();
    }
    for (int i = 0; i < 4; i++)
        c[(row + lane / 4 + 8 * (i / 2)) * n + column + 2 * (lane % 4) + i % 2] = sum[i];
}
