// Each block of 512 elements sorted by the network of the kernel: the layers of comparators vectorise, with no branch. Takes numbers only.
#include <float.h>
#include <stdint.h>
#include <string.h>

enum { BLOCK = 512 };

static void order(REAL *low, REAL *high)
{
    const REAL a = *low, b = *high;
    *low = b < a ? b : a;
    *high = b < a ? a : b;
}

static void sort(REAL keys[BLOCK])
{
    for (int64_t width = 1; width < BLOCK; width *= 2) {
        for (int64_t start = 0; start < BLOCK; start += 2 * width)
            for (int64_t p = 0; p < width; ++p)
                order(keys + start + p, keys + start + 2 * width - 1 - p);
        for (int64_t half = width / 2; half > 0; half /= 2)
            for (int64_t start = 0; start < BLOCK; start += 2 * half)
                for (int64_t p = 0; p < half; ++p)
                    order(keys + start + p, keys + start + p + half);
    }
}

void bitonic(const REAL *restrict x, REAL *restrict out, int64_t n)
{
#pragma omp parallel for schedule(static)
    for (int64_t start = 0; start < n; start += BLOCK) {
        const int64_t length = start + BLOCK < n ? BLOCK : n - start;
        REAL keys[BLOCK];
        for (int64_t k = 0; k < BLOCK; ++k)
            keys[k] = k < length ? x[start + k] : sizeof(REAL) == sizeof(float) ? FLT_MAX : DBL_MAX;
        sort(keys);
        memcpy(out + start, keys, length * sizeof(REAL));
    }
}
