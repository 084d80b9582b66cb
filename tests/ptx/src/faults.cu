// Kernels with one planted fault each, and their repaired twins.
extern "C" __global__ void past_the_end(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i <= n)
        y[i] = x[i];
}

extern "C" __global__ void inside(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        y[i] = x[i];
}

extern "C" __global__ void past_shared(float *y, int n)
{
    extern __shared__ float memory[];
    memory[threadIdx.x] = threadIdx.x;
    __syncthreads();
    y[threadIdx.x] = memory[n - 1 - threadIdx.x];
}

extern "C" __global__ void divergent_barrier(int *x)
{
    __shared__ int memory[64];
    memory[threadIdx.x] = x[threadIdx.x];
    if (x[threadIdx.x] > 0) {
        __syncthreads();
        x[threadIdx.x] = memory[63 - threadIdx.x];
    } else {
        memory[threadIdx.x] = 1;
        __syncthreads();
        x[threadIdx.x] = memory[threadIdx.x];
    }
}

extern "C" __global__ void left_behind(int *x)
{
    __shared__ int memory[64];
    memory[threadIdx.x] = x[threadIdx.x];
    if (x[threadIdx.x] > 0)
        __syncthreads();
    x[threadIdx.x] = memory[63 - threadIdx.x];
}

extern "C" __global__ void shared_race(float *x)
{
    __shared__ float memory[64];
    memory[threadIdx.x] = x[threadIdx.x];
    x[threadIdx.x] = memory[63 - threadIdx.x];
}

extern "C" __global__ void no_race(float *x)
{
    __shared__ float memory[64];
    memory[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = memory[63 - threadIdx.x];
}

extern "C" __global__ void misaligned(const char *x, int *y, int offset)
{
    int i = threadIdx.x;
    y[i] = *(const int *)(x + offset + 4 * i);
}

extern "C" __global__ void missing_lane(int *x)
{
    if (threadIdx.x % 32 != 5)
        x[threadIdx.x] = __shfl_xor_sync(0xffffffffu, x[threadIdx.x], 1);
}
