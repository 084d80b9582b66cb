// How many steps a point of the plane takes to leave the circle of radius 2.
extern "C" __global__ void mandelbrot(int *counts, int width, int height, double x0, double y0, double step, int limit)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x, j = blockIdx.y * blockDim.y + threadIdx.y;
    if (i >= width || j >= height)
        return;
    double cx = x0 + i * step, cy = y0 + j * step, x = 0, y = 0;
    int count = 0;
    while (count < limit && x * x + y * y <= 4) {
        double next = x * x - y * y + cx;
        y = 2 * x * y + cy;
        x = next;
        count++;
    }
    counts[j * width + i] = count;
}
