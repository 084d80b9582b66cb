// Inclusive sums of blocks of 256, by up shuffles; and a Hillis-Steele scan in shared memory.
extern "C" __global__ void scan_shuffles(const int *x, int *y, int n)
{
    __shared__ int totals[32];
    int i = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int value = i < n ? x[i] : 0;
    for (int offset = 1; offset < 32; offset <<= 1) {
        int below = __shfl_up_sync(0xffffffffu, value, offset);
        if (lane >= offset)
            value += below;
    }
    if (lane == 31)
        totals[warp] = value;
    __syncthreads();
    for (int w = 0; w < warp; w++)
        value += totals[w];
    if (i < n)
        y[i] = value;
}

extern "C" __global__ void scan_shared(const double *x, double *y, int n)
{
    __shared__ double buffer[2][256];
    int i = blockIdx.x * blockDim.x + threadIdx.x, from = 0;
    buffer[0][threadIdx.x] = i < n ? x[i] : 0.0;
    __syncthreads();
    for (int offset = 1; offset < blockDim.x; offset *= 2) {
        double value = buffer[from][threadIdx.x];
        if (threadIdx.x >= offset)
            value += buffer[from][threadIdx.x - offset];
        buffer[1 - from][threadIdx.x] = value;
        from = 1 - from;
        __syncthreads();
    }
    if (i < n)
        y[i] = buffer[from][threadIdx.x];
}
