// Math functions, compiled precisely and with --use_fast_math.
extern "C" __global__ void functions(const float *x, float *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    float v = x[i];
    out[i] = expf(v);
    out[n + i] = logf(v);
    out[2 * n + i] = sinf(v);
    out[3 * n + i] = cosf(v);
    out[4 * n + i] = sqrtf(v);
    out[5 * n + i] = 1.0f / v;
    out[6 * n + i] = powf(v, 1.5f);
    out[7 * n + i] = tanhf(v);
    out[8 * n + i] = v / (v + 3.0f);
}

extern "C" __global__ void functions_double(const double *x, double *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    double v = x[i];
    out[i] = exp(v);
    out[n + i] = log(v);
    out[2 * n + i] = sin(v);
    out[3 * n + i] = cos(v);
    out[4 * n + i] = sqrt(v);
    out[5 * n + i] = 1.0 / v;
    out[6 * n + i] = pow(v, 1.5);
    out[7 * n + i] = tanh(v);
    out[8 * n + i] = v / (v + 3.0);
}
