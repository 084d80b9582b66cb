// One explicit step of the heat equation on the inside of an n by m plate, one thread a point; the last index along x.
extern "C" __global__ void heat(int n, int m, const float *u, float *out, float k)
{
    int j = blockIdx.x * blockDim.x + threadIdx.x + 1;
    int i = blockIdx.y * blockDim.y + threadIdx.y + 1;
    if (i < n - 1 && j < m - 1)
        out[i * m + j] = u[i * m + j] + k * (u[(i - 1) * m + j] + u[(i + 1) * m + j]
                                             + u[i * m + j - 1] + u[i * m + j + 1] - 4.0f * u[i * m + j]);
}
