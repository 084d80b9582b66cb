// Half precision, in pairs and alone, and bfloat16.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

extern "C" __global__ void axpy_half2(__half2 a, const __half2 *x, __half2 *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = __hfma2(a, x[i], y[i]);
}

extern "C" __global__ void norm_half(const __half *x, const __half *y, __half *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = __float2half(sqrtf(__half2float(x[i] * x[i] + y[i] * y[i])));
}

extern "C" __global__ void sum_bfloat16(const __nv_bfloat16 *x, const __nv_bfloat16 *y, __nv_bfloat16 *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = __float2bfloat16(__bfloat162float(x[i]) + __bfloat162float(y[i]));
}
