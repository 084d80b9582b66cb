// Black-Scholes prices of European options: exp, log, sqrt and erf come from glibc's vector library.
#include <stdint.h>
#include <tgmath.h>

static inline REAL normal_cdf(REAL x)
{
    const REAL half = (REAL)0.5, sqrt_half = (REAL)0.70710678118654752440;
    return half + half * erf(sqrt_half * x);
}

void black_scholes(const REAL *restrict spot, const REAL *restrict strike, const REAL *restrict expiry,
                   REAL *restrict call, REAL *restrict put, REAL rate, REAL volatility, int64_t n)
{
#pragma omp parallel for simd schedule(static)
    for (int64_t i = 0; i < n; ++i) {
        const REAL s = spot[i], k = strike[i], t = expiry[i];
        const REAL deviation = volatility * sqrt(t);
        const REAL d1 = (log(s / k) + rate * t) / deviation + (REAL)0.5 * deviation;
        const REAL discounted = k * exp(-rate * t);
        const REAL price = s * normal_cdf(d1) - discounted * normal_cdf(d1 - deviation);
        call[i] = price;
        put[i] = price - s + discounted;
    }
}
