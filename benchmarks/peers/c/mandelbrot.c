// Escape counts of the Mandelbrot set, a pixel at a time.
#include <stdint.h>

void mandelbrot(const REAL *restrict x, const REAL *restrict y, int32_t *restrict counts, int64_t limit,
                int64_t n, int64_t m)
{
#pragma omp parallel for schedule(dynamic, 4)
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < m; ++j) {
            REAL zx = 0, zy = 0;
            int32_t count = 0;
            while (count < limit && zx * zx + zy * zy <= 4) {
                const REAL next = zx * zx - zy * zy + x[j];
                zy = 2 * zx * zy + y[i];
                zx = next;
                ++count;
            }
            counts[i * m + j] = count;
        }
}
