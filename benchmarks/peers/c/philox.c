// Philox4x32-10: the four words of each block as numbers in [0, 1).
#include <stdint.h>

void philox(REAL *restrict x, int64_t key, int64_t rows, int64_t n)
{
    const uint64_t word = 0xFFFFFFFF;
    const REAL step = (REAL)0x1p-24;
    (void)rows;
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; ++i) {
        uint64_t k0 = (uint64_t)key & word, k1 = (uint64_t)key >> 32;
        uint64_t c0 = (uint64_t)i & word, c1 = (uint64_t)i >> 32, c2 = 0, c3 = 0;
        for (int round = 0; round < 10; ++round) {
            const uint64_t p0 = c0 * 0xD2511F53, p1 = c2 * 0xCD9E8D57;
            c0 = (p1 >> 32) ^ c1 ^ k0;
            c2 = (p0 >> 32) ^ c3 ^ k1;
            c1 = p1 & word;
            c3 = p0 & word;
            k0 = (k0 + 0x9E3779B9) & word;
            k1 = (k1 + 0xBB67AE85) & word;
        }
        x[i] = (REAL)(int32_t)(c0 >> 8) * step;
        x[i + n] = (REAL)(int32_t)(c1 >> 8) * step;
        x[i + 2 * n] = (REAL)(int32_t)(c2 >> 8) * step;
        x[i + 3 * n] = (REAL)(int32_t)(c3 >> 8) * step;
    }
}
