// C = A B with A of n by terms and B of terms by m: the sums of four rows stay in the cache, and share each row of B.
#include <stdint.h>

enum { ROWS = 4, WIDTH = 256 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

void matmul_tiled(const REAL *restrict A, const REAL *restrict B, REAL *restrict C, int64_t n, int64_t m, int64_t n_A,
                  int64_t terms)
{
    (void)n_A;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; i += ROWS) {
        const int64_t rows = least(ROWS, n - i);
        for (int64_t left = 0; left < m; left += WIDTH) {
            const int64_t width = least(WIDTH, m - left);
            REAL sums[ROWS][WIDTH] = {{0}};
            for (int64_t k = 0; k < terms; ++k) {
                const REAL *restrict b = B + k * m + left;
                for (int64_t r = 0; r < rows; ++r) {
                    const REAL a = A[(i + r) * terms + k];
#pragma omp simd
                    for (int64_t j = 0; j < width; ++j)
                        sums[r][j] += a * b[j];
                }
            }
            for (int64_t r = 0; r < rows; ++r)
                for (int64_t j = 0; j < width; ++j)
                    C[(i + r) * m + left + j] = sums[r][j];
        }
    }
}
