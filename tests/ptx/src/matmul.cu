// A product of matrices by 16 x 16 tiles in shared memory; any sizes.
template <typename T> __device__ void tiled(const T *a, const T *b, T *c, int m, int n, int k)
{
    __shared__ T left[16][16], right[16][17];
    int row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
    T sum = 0;
    for (int first = 0; first < k; first += 16) {
        int x = first + threadIdx.x, y = first + threadIdx.y;
        left[threadIdx.y][threadIdx.x] = row < m && x < k ? a[row * k + x] : T(0);
        right[threadIdx.y][threadIdx.x] = column < n && y < k ? b[y * n + column] : T(0);
        __syncthreads();
        for (int i = 0; i < 16; i++)
            sum += left[threadIdx.y][i] * right[i][threadIdx.x];
        __syncthreads();
    }
    if (row < m && column < n)
        c[row * n + column] = sum;
}
extern "C" __global__ void matmul_float(const float *a, const float *b, float *c, int m, int n, int k)
{
    tiled(a, b, c, m, n, k);
}
extern "C" __global__ void matmul_double(const double *a, const double *b, double *c, int m, int n, int k)
{
    tiled(a, b, c, m, n, k);
}
