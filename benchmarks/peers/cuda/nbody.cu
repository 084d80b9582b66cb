// Accelerations of all bodies on all, one thread a body; compiled with --use_fast_math, as the case has fastmath=True.
extern "C" __global__ void nbody(int n, const float *x, const float *y, const float *z, const float *mass,
                                 float *ax, float *ay, float *az, float softening2)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float xi = x[i], yi = y[i], zi = z[i], sx = 0.0f, sy = 0.0f, sz = 0.0f;
    for (int j = 0; j < n; ++j) {
        float dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
        float inverse = 1.0f / sqrtf(dx * dx + dy * dy + dz * dz + softening2);
        float pull = mass[j] * inverse * inverse * inverse;
        sx += pull * dx; sy += pull * dy; sz += pull * dz;
    }
    ax[i] = sx; ay[i] = sy; az[i] = sz;
}
