// One leapfrog step of the wave equation: the seven-point stencil on the interior of an n by m by l box.
#include <stdint.h>

void wave(const REAL *restrict u_prev, const REAL *restrict u, REAL *restrict u_next, REAL courant2,
          int64_t n, int64_t m, int64_t l)
{
    const int64_t plane = m * l;
#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t i = 1; i < n - 1; ++i)
        for (int64_t j = 1; j < m - 1; ++j) {
            const int64_t start = i * plane + j * l;
            const REAL *restrict at = u + start, *restrict old = u_prev + start;
            REAL *restrict to = u_next + start;
#pragma omp simd
            for (int64_t k = 1; k < l - 1; ++k) {
                const REAL around = at[k - plane] + at[k + plane] + at[k - l] + at[k + l] + at[k - 1] + at[k + 1];
                to[k] = 2 * at[k] - old[k] + courant2 * (around - 6 * at[k]);
            }
        }
}
