// Sums of blocks: down shuffles inside warps, shared memory between them; votes, redux and match.
extern "C" __global__ void block_sum(const float *x, float *sums, int n)
{
    __shared__ float partial[32];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value = i < n ? x[i] : 0.0f;
    for (int offset = 16; offset > 0; offset >>= 1)
        value += __shfl_down_sync(0xffffffffu, value, offset);
    if (threadIdx.x % 32 == 0)
        partial[threadIdx.x / 32] = value;
    __syncthreads();
    if (threadIdx.x < 32) {
        value = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f;
        for (int offset = 16; offset > 0; offset >>= 1)
            value += __shfl_xor_sync(0xffffffffu, value, offset);
        if (threadIdx.x == 0)
            sums[blockIdx.x] = value;
    }
}

extern "C" __global__ void block_sum_double(const double *x, double *sums, int n)
{
    extern __shared__ double partials[];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    partials[threadIdx.x] = i < n ? x[i] : 0.0;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            partials[threadIdx.x] += partials[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0)
        sums[blockIdx.x] = partials[0];
}

extern "C" __global__ void warp_votes(const int *x, unsigned *ballots, int *anys, int *alls, int *sums, unsigned *same)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    ballots[i] = __ballot_sync(0xffffffffu, x[i] > 0);
    anys[i] = __any_sync(0xffffffffu, x[i] > 2);
    alls[i] = __all_sync(0xffffffffu, x[i] > -3);
    sums[i] = __reduce_add_sync(0xffffffffu, x[i]);
    same[i] = __match_any_sync(0xffffffffu, x[i]);
}

extern "C" __global__ void counted_barriers(const int *x, int *counts, int *ands, int *ors)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    counts[i] = __syncthreads_count(x[i] > 0);
    ands[i] = __syncthreads_and(x[i] > -3);
    ors[i] = __syncthreads_or(x[i] > 2);
}
