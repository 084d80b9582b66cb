// Bilateral filter: the image is padded once, then a block of a row at a time is summed over the window.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

// Two accumulators of this length stay in the first-level cache.
enum { BLOCK = 256 };

static void pad_row(const REAL *restrict row, REAL *restrict padded, int64_t radius, int64_t m)
{
    for (int64_t k = 0; k < radius; ++k) {
        padded[k] = row[0];
        padded[radius + m + k] = row[m - 1];
    }
    memcpy(padded + radius, row, m * sizeof(REAL));
}

static void filter_block(const REAL *restrict padded, const REAL *restrict spatial, REAL *restrict out,
                         int64_t radius, REAL steepness, int64_t width, int64_t length)
{
    const REAL *restrict centre = padded + radius * width + radius;
    REAL total[BLOCK] = {0}, weights[BLOCK] = {0};
    for (int64_t a = 0; a <= 2 * radius; ++a)
        for (int64_t b = 0; b <= 2 * radius; ++b) {
            const REAL *restrict shifted = padded + a * width + b;
            const REAL nearness = spatial[a] * spatial[b];
#pragma omp simd
            for (int64_t j = 0; j < length; ++j) {
                const REAL difference = shifted[j] - centre[j];
                const REAL weight = nearness * exp(-steepness * difference * difference);
                total[j] += weight * shifted[j];
                weights[j] += weight;
            }
        }
    for (int64_t j = 0; j < length; ++j)
        out[j] = total[j] / weights[j];
}

void bilateral(const REAL *restrict image, const REAL *restrict spatial, REAL *restrict out, int64_t radius,
               REAL steepness, int64_t n, int64_t m)
{
    const int64_t width = m + 2 * radius, height = n + 2 * radius;
    REAL *padded = malloc(width * height * sizeof(REAL));
    if (!padded)
        abort();
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t a = 0; a < height; ++a) {
            const int64_t i = a < radius ? 0 : a - radius < n ? a - radius : n - 1;
            pad_row(image + i * m, padded + a * width, radius, m);
        }
#pragma omp for collapse(2) schedule(static)
        for (int64_t i = 0; i < n; ++i)
            for (int64_t j = 0; j < m; j += BLOCK)
                filter_block(padded + i * width + j, spatial, out + i * m + j, radius, steepness, width,
                             m - j < BLOCK ? m - j : BLOCK);
    }
    free(padded);
}
