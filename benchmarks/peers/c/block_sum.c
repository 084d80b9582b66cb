// The sum of each block of 2048 elements; the last block may be shorter.
#include <stdint.h>

enum { BLOCK = 2048 };

void block_sum(const REAL *restrict x, REAL *restrict sums, int64_t blocks, int64_t n)
{
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; ++block) {
        const int64_t start = block * BLOCK, stop = start + BLOCK < n ? start + BLOCK : n;
        REAL total = 0;
#pragma omp simd reduction(+ : total)
        for (int64_t k = start; k < stop; ++k)
            total += x[k];
        sums[block] = total;
    }
}
