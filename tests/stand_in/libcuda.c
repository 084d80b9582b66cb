/* A stand-in for NVIDIA's driver: memory is the host's, streams run at once, and grids go to a function of the test's.
 *
 * It counts the calls of each function by name, and those that take or give back memory by name and stream. What a driver
 * would refuse or suffer from in silence ends the process: memory given back twice, or with another GPU current.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Run)(const char *code, const unsigned *grid, const unsigned *block, unsigned shared, void *stream, void **parameters);
enum { OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NO_DEVICE = 101, NO_CONTEXT = 201, NOT_FOUND = 500, NOT_READY = 600 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct { char name[64]; long calls; } counters[256];
static struct { uint64_t at; size_t size; int device; } blocks[65536];
static int held, devices = 1, pools = 1;
static size_t total = (size_t)1 << 30, taken, kept, threshold, busy;
static _Thread_local int contexts[64], depth; /* a context is the number of its GPU and 1 */
static Run run;

static long *counter(const char *name) {
    int k = 0;
    while (counters[k].name[0] && strcmp(counters[k].name, name)) k++;
    strcpy(counters[k].name, name);
    return &counters[k].calls;
}

static void count(const char *name) {
    pthread_mutex_lock(&lock);
    ++*counter(name);
    pthread_mutex_unlock(&lock);
}

static void count_in(const char *name, void *stream) {
    char text[64];
    snprintf(text, sizeof text, "%s in %zu", name, (size_t)stream);
    count(name), count(text);
}

static void stop(const char *why) { fprintf(stderr, "stand-in for the driver: %s\n", why), abort(); }
static int current(void) { return depth ? contexts[depth - 1] : 0; }

/* What tests call. */
long stand_in_calls(const char *name) { return *counter(name); }
void stand_in_forget(void) { memset(counters, 0, sizeof counters); }
void stand_in_machine(int gpus, int with_pools, size_t memory) { devices = gpus, pools = with_pools, total = memory; }
void stand_in_busy(size_t stream) { busy = stream; }
void stand_in_runs(Run function) { run = function; }
size_t stand_in_used(void) { return taken - kept; }
size_t stand_in_threshold(void) { return threshold; }

static int take(uint64_t *at, size_t size, int pooled) {
    int result = OUT_OF_MEMORY;
    if (!current()) return NO_CONTEXT;
    pthread_mutex_lock(&lock);
    if (pooled && kept >= size) kept -= size, taken -= size;
    if (taken + size <= total) {
        *at = (uint64_t)aligned_alloc(256, (size + 255) / 256 * 256);
        memset((void *)*at, 0xa5, size); /* what nobody wrote is not zero */
        blocks[held].at = *at, blocks[held].size = size, blocks[held++].device = current() - 1;
        taken += size, result = OK;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static int give(uint64_t at, int pooled) {
    pthread_mutex_lock(&lock);
    int k = 0;
    while (k < held && blocks[k].at != at) k++;
    if (k == held) stop("memory is given back that is not taken");
    if (blocks[k].device != current() - 1) stop("memory is given back while another GPU is current");
    if (pooled) kept += blocks[k].size;
    else taken -= blocks[k].size;
    if (kept > threshold) taken -= kept - threshold, kept = threshold;
    free((void *)at);
    blocks[k] = blocks[--held];
    pthread_mutex_unlock(&lock);
    return OK;
}

static int copy(const char *name, void *to, const void *from, size_t size) { return count(name), memcpy(to, from, size), OK; }

int cuInit(unsigned flags) { return OK; }
int cuDriverGetVersion(int *version) { return *version = 13000, OK; }
int cuDeviceGetCount(int *n) { return *n = devices, OK; }
int cuDeviceGet(int *device, int k) { return *device = k, k < devices ? OK : NO_DEVICE; }
int cuDeviceGetName(char *name, int n, int device) { return snprintf(name, n, "stand-in %d", device), OK; }
int cuDeviceGetUuid_v2(void *uuid, int device) { return memset(uuid, device, 16), OK; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? 9 : attribute == 97 ? 232448 : attribute == 115 ? pools : 0; /* cc, shared memory, pools */
    return OK;
}
int cuDevicePrimaryCtxRetain(size_t *context, int device) { return *context = device + 1, OK; }
int cuDevicePrimaryCtxRelease_v2(int device) { return OK; }
int cuCtxGetCurrent(size_t *context) { return *context = current(), OK; }
int cuCtxSetCurrent(size_t context) { return contexts[depth ? depth - 1 : depth++] = context, OK; }
int cuCtxPushCurrent_v2(size_t context) { return contexts[depth++] = context, OK; }
int cuCtxPopCurrent_v2(size_t *context) { return depth ? (*context = contexts[--depth], OK) : NO_CONTEXT; }
int cuCtxGetDevice(int *device) { return current() ? (*device = current() - 1, OK) : NO_CONTEXT; }
int cuCtxSynchronize(void) { return count(__func__), OK; }

int cuMemGetInfo_v2(size_t *free, size_t *all) { return *free = total - taken, *all = total, OK; }
int cuMemAlloc_v2(uint64_t *at, size_t size) { return count(__func__), take(at, size, 0); }
int cuMemFree_v2(uint64_t at) { return count(__func__), give(at, 0); }
int cuMemPoolCreate(size_t *pool, const int *properties) {
    int pinned = 1, on_a_gpu = 1;
    if (properties[0] != pinned || properties[2] != on_a_gpu || properties[3] >= devices) return INVALID_VALUE;
    return *pool = properties[3] + 1, OK;
}
int cuMemPoolSetAttribute(size_t pool, int attribute, const size_t *value) {
    return attribute == 4 ? (threshold = *value, OK) : INVALID_VALUE; /* CU_MEMPOOL_ATTR_RELEASE_THRESHOLD */
}
int cuMemPoolTrimTo(size_t pool, size_t size) { return count(__func__), taken -= kept, kept = 0, OK; }
int cuMemAllocFromPoolAsync(uint64_t *at, size_t size, size_t pool, void *stream) {
    if (pool != (size_t)current()) stop("the pool is another GPU's");
    return count_in(__func__, stream), take(at, size, 1);
}
int cuMemFreeAsync(uint64_t at, void *stream) { return count_in(__func__, stream), give(at, 1); }
int cuPointerGetAttribute(int *value, int attribute, uint64_t at) {
    for (int k = 0; k < held; k++)
        if (attribute == 9 && blocks[k].at <= at && at < blocks[k].at + blocks[k].size) /* its GPU */
            return *value = blocks[k].device, OK;
    return INVALID_VALUE;
}
int cuMemcpyHtoD_v2(void *to, const void *from, size_t n) { return copy(__func__, to, from, n); }
int cuMemcpyDtoH_v2(void *to, const void *from, size_t n) { return copy(__func__, to, from, n); }
int cuMemcpyDtoD_v2(void *to, const void *from, size_t n) { return copy(__func__, to, from, n); }
int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t n, void *stream) { return copy(__func__, to, from, n); }
int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t n, void *stream) { return copy(__func__, to, from, n); }
int cuMemcpyDtoDAsync_v2(void *to, const void *from, size_t n, void *stream) { return copy(__func__, to, from, n); }
int cuMemsetD8Async(void *to, unsigned char value, size_t n, void *stream) { return count(__func__), memset(to, value, n), OK; }

static size_t handles = 1000; /* of streams and events */
int cuStreamCreate(size_t *stream, unsigned flags) { return *stream = ++handles, OK; }
int cuStreamDestroy_v2(size_t stream) { return OK; }
int cuStreamSynchronize(void *stream) { return count_in(__func__, stream), OK; }
int cuStreamQuery(size_t stream) { return stream == busy ? NOT_READY : OK; }
int cuStreamWaitEvent(size_t stream, size_t event, unsigned flags) { return count(__func__), OK; }
int cuEventCreate(size_t *event, unsigned flags) { return *event = ++handles, OK; }
int cuEventDestroy_v2(size_t event) { return OK; }
int cuEventRecord(size_t event, size_t stream) { return OK; }
int cuEventSynchronize(size_t event) { return OK; }
int cuEventQuery(size_t event) { return OK; }

int cuLibraryLoadData(char **library, const char *code, void *a, void *b, unsigned c, void *d, void *e, unsigned f) {
    return count(__func__), *library = strdup(code), OK;
}
int cuLibraryUnload(void *library) { return OK; }
int cuLibraryGetKernel(void **kernel, void *library, const char *name) { return *kernel = library, OK; }
int cuKernelGetFunction(void **function, void *kernel) { return *function = kernel, OK; }
int cuKernelGetAttribute(int *value, int attribute, void *kernel, int device) { return *value = attribute ? 0 : 1024, OK; }
int cuKernelSetAttribute(int attribute, int value, void *kernel, int device) { return count(__func__), OK; }
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *n, void *function, int threads, size_t shared) {
    return *n = 2048 / threads, OK;
}
int cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned shared, void *stream, void **parameters, void **extra) {
    unsigned grid[] = {gx, gy, gz}, block[] = {bx, by, bz};
    return count_in(__func__, stream), run(function, grid, block, shared, stream, parameters), OK;
}

/* The driver's symbols have versions; callers ask without, and get the newest that is here. */
int cuGetProcAddress_v2(const char *name, void **function, int version, uint64_t flags, int *status) {
    const char *endings[] = {"_v2", ""};
    char wanted[128];
    Dl_info here, there;
    dladdr((void *)stand_in_calls, &here);
    *function = NULL;
    for (int k = 0; k < 2 && !*function; k++) {
        snprintf(wanted, sizeof wanted, "%s%s", name, endings[k]);
        void *found = dlsym(RTLD_DEFAULT, wanted);
        if (found && dladdr(found, &there) && there.dli_fbase == here.dli_fbase) *function = found;
    }
    if (status) *status = !*function;
    return *function ? OK : NOT_FOUND;
}
