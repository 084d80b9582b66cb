// Bilateral filter, a pixel at a time.
#include <stdint.h>
#include <tgmath.h>

static int64_t clamp(int64_t index, int64_t extent)
{
    return index < 0 ? 0 : index < extent ? index : extent - 1;
}

void bilateral(const REAL *restrict image, const REAL *restrict spatial, REAL *restrict out, int64_t radius,
               REAL steepness, int64_t n, int64_t m)
{
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < m; ++j) {
            const REAL centre = image[i * m + j];
            REAL total = 0, weights = 0;
            for (int64_t a = 0; a <= 2 * radius; ++a) {
                const REAL *restrict row = image + clamp(i + a - radius, n) * m;
                for (int64_t b = 0; b <= 2 * radius; ++b) {
                    const REAL pixel = row[clamp(j + b - radius, m)], difference = pixel - centre;
                    const REAL weight = spatial[a] * spatial[b] * exp(-steepness * difference * difference);
                    total += weight * pixel;
                    weights += weight;
                }
            }
            out[i * m + j] = total / weights;
        }
}
