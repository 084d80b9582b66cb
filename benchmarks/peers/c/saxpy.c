// y = a x + y. Compiled once with REAL=float and once with REAL=double, like every file here.
#include <stdint.h>

void saxpy(REAL a, const REAL *restrict x, REAL *restrict y, int64_t n)
{
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; ++i)
        y[i] += a * x[i];
}
