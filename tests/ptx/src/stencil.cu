// A 3-D Laplacian, with a halo in shared memory in x and y, over a 3-D grid.
extern "C" __global__ void laplacian(const float *u, float *out, int nx, int ny, int nz)
{
    __shared__ float tile[10][34];
    int x = blockIdx.x * 32 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y, z = blockIdx.z;
    int tx = threadIdx.x + 1, ty = threadIdx.y + 1;
    auto at = [&](int i, int j, int k) {
        return i >= 0 && i < nx && j >= 0 && j < ny && k >= 0 && k < nz ? u[(k * ny + j) * nx + i] : 0.0f;
    };
    tile[ty][tx] = at(x, y, z);
    if (threadIdx.x == 0)
        tile[ty][0] = at(x - 1, y, z);
    if (threadIdx.x == 31)
        tile[ty][33] = at(x + 1, y, z);
    if (threadIdx.y == 0)
        tile[0][tx] = at(x, y - 1, z);
    if (threadIdx.y == 7)
        tile[9][tx] = at(x, y + 1, z);
    __syncthreads();
    if (x < nx && y < ny)
        out[(z * ny + y) * nx + x] = tile[ty][tx - 1] + tile[ty][tx + 1] + tile[ty - 1][tx] + tile[ty + 1][tx]
            + at(x, y, z - 1) + at(x, y, z + 1) - 6.0f * tile[ty][tx];
}
