// Atomics of 64 bits and of floating-point numbers, and a maximum by compare and swap.
extern "C" __global__ void atomics64(const long long *x, const double *v, unsigned long long *sum, long long *low,
                                     long long *high, unsigned long long *mixed, double *total, double *largest, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    atomicAdd(sum, (unsigned long long)x[i]);
    atomicMin(low, x[i]);
    atomicMax(high, x[i]);
    atomicXor(mixed, (unsigned long long)x[i]);
    atomicAdd(total, v[i]);
    unsigned long long *bits = (unsigned long long *)largest, seen = *bits;
    while (v[i] > __longlong_as_double(seen)) {
        unsigned long long old = atomicCAS(bits, seen, __double_as_longlong(v[i]));
        if (old == seen)
            break;
        seen = old;
    }
}

extern "C" __global__ void take_tickets(int *tickets, unsigned *counter, int *exchanged, unsigned limit)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    tickets[i] = atomicAdd(&counter[0], 1u);
    atomicInc(&counter[1], limit);
    atomicExch(exchanged, 7);
    atomicOr(&counter[2], 1u << (i % 32));
    atomicAnd(&counter[3], ~(1u << (i % 32)));
    __threadfence();
}
