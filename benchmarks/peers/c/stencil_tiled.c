// One explicit step of the heat equation: on a CPU the caches do what shared memory does on a GPU, and nothing is tiled.
#include <stdint.h>

void stencil_tiled(const REAL *restrict u, REAL *restrict out, REAL k, int64_t n, int64_t m)
{
#pragma omp parallel for schedule(static)
    for (int64_t i = 1; i < n - 1; ++i) {
        const REAL *restrict up = u + (i - 1) * m, *restrict row = u + i * m, *restrict down = u + (i + 1) * m;
        REAL *restrict to = out + i * m;
#pragma omp simd
        for (int64_t j = 1; j < m - 1; ++j)
            to[j] = row[j] + k * (up[j] + down[j] + row[j - 1] + row[j + 1] - 4 * row[j]);
    }
}
