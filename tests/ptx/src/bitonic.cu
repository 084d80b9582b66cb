// Sorts each block's 512 keys in shared memory.
extern "C" __global__ void bitonic(unsigned *keys)
{
    __shared__ unsigned own[512];
    unsigned *mine = keys + 512 * blockIdx.x;
    own[threadIdx.x] = mine[threadIdx.x];
    own[threadIdx.x + 256] = mine[threadIdx.x + 256];
    for (int size = 2; size <= 512; size *= 2)
        for (int stride = size / 2; stride > 0; stride /= 2) {
            __syncthreads();
            int i = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
            bool up = (i & size) == 0;
            unsigned a = own[i], b = own[i + stride];
            if ((a > b) == up) {
                own[i] = b;
                own[i + stride] = a;
            }
        }
    __syncthreads();
    mine[threadIdx.x] = own[threadIdx.x];
    mine[threadIdx.x + 256] = own[threadIdx.x + 256];
}
