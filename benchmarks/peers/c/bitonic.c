// Each block of 512 elements sorted by the network of the kernel, in its layout: 16 rows of 32 lanes, of which a column has keys that
// follow one another, so that 30 of the 45 layers of comparators work on whole rows. Takes numbers only.
#include <float.h>
#include <stdint.h>

enum { ROWS = 16, LANES = 32, BLOCK = ROWS * LANES };

static inline void order(REAL *restrict low, REAL *restrict high)
{
    for (int l = 0; l < LANES; ++l) {
        const REAL a = low[l], b = high[l];
        low[l] = b < a ? b : a;
        high[l] = b < a ? a : b;
    }
}

static inline __attribute__((always_inline)) void rows(REAL keys[ROWS][LANES], const int half, const int flip)
{
#pragma GCC unroll 8
    for (int k = 0; k < ROWS / 2; ++k) {
        const int low = 2 * k - (k & (half - 1));
        order(keys[low], keys[low ^ flip]);
    }
}

static inline __attribute__((always_inline)) void lanes(REAL keys[ROWS][LANES], const int half, const int flip, const int row_flip)
{
    REAL old[ROWS][LANES];
    for (int r = 0; r < ROWS; ++r)
        for (int l = 0; l < LANES; ++l)
            old[r][l] = keys[r][l];
    for (int r = 0; r < ROWS; ++r)
#pragma GCC unroll 32
        for (int l = 0; l < LANES; ++l) {
            const REAL a = old[r][l], b = old[r ^ row_flip][l ^ flip];
            keys[r][l] = l & half ? (b < a ? a : b) : (b < a ? b : a);
        }
}

static void sort(REAL keys[ROWS][LANES])
{
#pragma GCC unroll 4
    for (int width = 1; width < ROWS; width *= 2) {
        rows(keys, width, 2 * width - 1);
#pragma GCC unroll 4
        for (int half = width / 2; half > 0; half /= 2)
            rows(keys, half, half);
    }
#pragma GCC unroll 5
    for (int width = 1; width < LANES; width *= 2) {
        lanes(keys, width, 2 * width - 1, ROWS - 1);
#pragma GCC unroll 5
        for (int half = width / 2; half > 0; half /= 2)
            lanes(keys, half, half, 0);
        rows(keys, 8, 8);
        rows(keys, 4, 4);
        rows(keys, 2, 2);
        rows(keys, 1, 1);
    }
}

void bitonic(const REAL *restrict x, REAL *restrict out, int64_t n)
{
#pragma omp parallel for schedule(static)
    for (int64_t start = 0; start < n; start += BLOCK) {
        const int64_t length = start + BLOCK < n ? BLOCK : n - start;
        REAL keys[ROWS][LANES];
        for (int64_t k = 0; k < BLOCK; ++k)
            keys[k / LANES][k % LANES] = k < length ? x[start + k] : sizeof(REAL) == sizeof(float) ? FLT_MAX : DBL_MAX;
        sort(keys);
        for (int64_t k = 0; k < length; ++k)
            out[start + k] = keys[k % ROWS][k / ROWS];
    }
}
