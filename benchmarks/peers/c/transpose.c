// The transpose of x, by square tiles that fit into the cache; out has m rows of n.
#include <stdint.h>

enum { TILE = 64 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

void transpose(const REAL *restrict x, REAL *restrict out, int64_t m, int64_t n)
{
#pragma omp parallel for schedule(static)
    for (int64_t left = 0; left < m; left += TILE)
        for (int64_t top = 0; top < n; top += TILE)
            for (int64_t j = left; j < least(left + TILE, m); ++j)
                for (int64_t i = top; i < least(top + TILE, n); ++i)
                    out[j * n + i] = x[i * m + j];
}
