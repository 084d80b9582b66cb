// Escape counts of the Mandelbrot set, a block of neighbouring pixels at a time so that the loop over them vectorises.
#include <stdint.h>

// Two AVX registers of pixels: one alone would wait for the latency of its own additions.
enum { LANES = 64 / sizeof(REAL) };

// `running` falls to zero when an orbit escapes and stays there: what overflows later no longer counts.
static void count_block(const REAL *restrict cx, REAL cy, REAL *restrict count, int64_t limit)
{
    REAL zx[LANES] = {0}, zy[LANES] = {0}, running[LANES];
    for (int k = 0; k < LANES; ++k) {
        running[k] = 1;
        count[k] = 0;
    }
    for (int64_t step = 0; step < limit; ++step) {
        REAL left = 0;
#pragma omp simd reduction(+ : left)
        for (int k = 0; k < LANES; ++k) {
            const REAL xx = zx[k] * zx[k], yy = zy[k] * zy[k], twice = 2 * zx[k];
            running[k] = xx + yy <= 4 ? running[k] : 0;
            count[k] += running[k];
            left += running[k];
            zy[k] = twice * zy[k] + cy;
            zx[k] = xx - yy + cx[k];
        }
        if (left == 0)
            break;
    }
}

void mandelbrot(const REAL *restrict x, const REAL *restrict y, int32_t *restrict counts, int64_t limit,
                int64_t n, int64_t m)
{
#pragma omp parallel for schedule(dynamic, 4)
    for (int64_t i = 0; i < n; ++i)
        for (int64_t start = 0; start < m; start += LANES) {
            const int64_t filled = m - start < LANES ? m - start : LANES;
            REAL cx[LANES], count[LANES];
            for (int64_t k = 0; k < LANES; ++k)
                cx[k] = x[start + (k < filled ? k : filled - 1)];
            count_block(cx, y[i], count, limit);
            for (int64_t k = 0; k < filled; ++k)
                counts[i * m + start + k] = (int32_t)count[k];
        }
}
