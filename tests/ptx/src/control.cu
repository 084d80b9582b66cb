// A switch statement, recursion, calls that are not inlined, constants and variables of the module, local arrays.
__constant__ int primes[8] = {2, 3, 5, 7, 11, 13, 17, 19};
__device__ unsigned calls = 0;

extern "C" __global__ void choose(const int *kinds, const int *x, int *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    int v = x[i], w;
    switch (kinds[i]) {
    case 0: w = v + 1; break;
    case 1: w = v * v; break;
    case 2: w = -v; break;
    case 3: w = v >> 2; break;
    case 4: w = __popc(v); break;
    case 5: w = __clz(v); break;
    case 6: w = v % 7; break;
    case 7: w = v / 3; break;
    case 8: w = __brev(v); break;
    default: w = primes[v & 7];
    }
    out[i] = w;
}

// Runs a program of instructions of a stack machine: a switch in a loop becomes a jump through a table.
extern "C" __global__ void interpret(const int *program, const double *x, double *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    double a = x[i], b = 0;
    for (int p = 0;; p++)
        switch (program[p]) {
        case 0: out[i] = a; return;
        case 1: a = a + b; break;
        case 2: b = a * b + 1; break;
        case 3: { double t = a; a = b; b = t; break; }
        case 4: a = sqrt(fabs(a)); break;
        case 5: b = 2 * b; atomicAdd(&calls, 1u); break;
        case 6: a = a / (1 + b * b); break;
        case 7: b = x[(i + 1) % n]; break;
        case 8: out[i] = b; break;
        }
}

__device__ __noinline__ int fibonacci(int n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

extern "C" __global__ void recurse(const int *x, int *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = fibonacci(x[i]);
}

__device__ __noinline__ double horner(const double *coefficients, int degree, double x)
{
    double value = 0;
    for (int k = degree; k >= 0; k--)
        value = value * x + coefficients[k];
    return value;
}

extern "C" __global__ void polynomial(const double *coefficients, int degree, const double *x, double *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    atomicAdd(&calls, 1u);
    if (i < n)
        out[i] = horner(coefficients, degree, x[i]);
}

extern "C" __global__ void read_calls(unsigned *out)
{
    *out = calls;
}

extern "C" __global__ void insertion_sort(short *x, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    short own[16];
#pragma unroll 1
    for (int k = 0; k < 16; k++)
        own[k] = x[16 * i + k];
#pragma unroll 1
    for (int k = 1; k < 16; k++)
#pragma unroll 1
        for (int j = k; j > 0 && own[j - 1] > own[j]; j--) {
            short t = own[j];
            own[j] = own[j - 1];
            own[j - 1] = t;
        }
#pragma unroll 1
    for (int k = 0; k < 16; k++)
        x[16 * i + k] = own[k];
}

struct Pair {
    double scale;
    int shift;
    char flags[3];
};

extern "C" __global__ void by_value(Pair pair, const double *x, double *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        out[i] = x[i] * pair.scale + pair.shift + pair.flags[i % 3];
}
