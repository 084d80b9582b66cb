// A histogram: each thread counts for itself, and the counts are added up.
#include <stdint.h>

enum { MOST = 256 };

void group_histogram(const REAL *restrict x, int32_t *restrict counts, REAL low, REAL bins_per_unit, int64_t bins, int64_t n)
{
#pragma omp parallel
    {
        int32_t own[MOST] = {0};
#pragma omp for schedule(static) nowait
        for (int64_t k = 0; k < n; ++k) {
            const REAL position = (x[k] - low) * bins_per_unit;
            if (position >= 0 && position < (REAL)bins)
                ++own[(int32_t)position];
        }
#pragma omp critical
        for (int64_t b = 0; b < bins; ++b)
            counts[b] += own[b];
    }
}
