// Gravitational accelerations of all bodies on all: the reduction over j vectorises under -ffast-math.
#include <stdint.h>
#include <tgmath.h>

void nbody(const REAL *restrict x, const REAL *restrict y, const REAL *restrict z, const REAL *restrict mass,
           REAL *restrict ax, REAL *restrict ay, REAL *restrict az, REAL softening2, int64_t n)
{
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < n; ++i) {
        const REAL xi = x[i], yi = y[i], zi = z[i];
        REAL sum_x = 0, sum_y = 0, sum_z = 0;
#pragma omp simd reduction(+ : sum_x, sum_y, sum_z)
        for (int64_t j = 0; j < n; ++j) {
            const REAL dx = x[j] - xi, dy = y[j] - yi, dz = z[j] - zi;
            const REAL inverse = 1 / sqrt(dx * dx + dy * dy + dz * dz + softening2);
            const REAL pull = mass[j] * inverse * inverse * inverse;
            sum_x += pull * dx;
            sum_y += pull * dy;
            sum_z += pull * dz;
        }
        ax[i] = sum_x;
        ay[i] = sum_y;
        az[i] = sum_z;
    }
}
