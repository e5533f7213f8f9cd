/* stride_limit: limit.c for every STEP-th sample, independent of any library.
 *
 *   cc -O3 -march=native -pthread -o stride_limit stride_limit.c
 *   ./stride_limit KIND CHANNELS ROWS SAMPLES STEP     (OUTPUT=fresh|touched, THREADS=2, REPEATS=9 in the environment)
 *
 * KIND is f4, i2 (channel-major) or i2x (interleaved), as in limit.c: the source lies in resident memory, the last ROWS of
 * CHANNELS are gathered. Threads share the rows; interleaved, they share the time, because neighbouring channels lie in
 * one cache line, and draw all rows of a sample from it while it is there.
 * Prints one JSON line with the median seconds.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static int kind, nthreads = 2;
static int64_t C, R, T, K, L;
static void *src;
static float *out;
static const float gain = 0.195f;

static void *map(size_t n) { /* as NumPy allocates: anonymous, huge pages advised */
    void *p = mmap(0, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(p, n, MADV_HUGEPAGE);
    return p;
}

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }

static void *work(void *arg) {
    int64_t k = (int64_t)arg;
    if (kind == 2) {
        enum { TT = 512, RR = 16 };
        for (int64_t ts = L * k / nthreads; ts < L * (k + 1) / nthreads; ts += TT) {
            int64_t te = ts + TT < L * (k + 1) / nthreads ? ts + TT : L * (k + 1) / nthreads;
            for (int64_t rb = 0; rb < R; rb += RR) {
                int64_t re = rb + RR < R ? rb + RR : R;
                float tile[RR][TT];
                const int16_t *s = (int16_t *)src + ts * K * C + (C - R + rb);
                for (int64_t i = 0; i < te - ts; i++, s += K * C)
                    for (int64_t r = 0; r < re - rb; r++) tile[r][i] = s[r] * gain;
                for (int64_t r = 0; r < re - rb; r++) memcpy(out + (rb + r) * L + ts, tile[r], (te - ts) * 4);
            }
        }
        return 0;
    }
    for (int64_t r = R * k / nthreads; r < R * (k + 1) / nthreads; r++) {
        float *restrict d = out + r * L;
        if (kind == 0) {
            const float *restrict s = (float *)src + (C - R + r) * T;
            for (int64_t i = 0; i < L; i++, s += K) d[i] = *s;
        } else {
            const int16_t *restrict s = (int16_t *)src + (C - R + r) * T;
            for (int64_t i = 0; i < L; i++, s += K) d[i] = *s * gain;
        }
    }
    return 0;
}

static int cmp(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return (x > y) - (x < y); }

int main(int n, char **v) {
    if (n < 6) { fprintf(stderr, "stride_limit f4|i2|i2x CHANNELS ROWS SAMPLES STEP\n"); return 2; }
    kind = !strcmp(v[1], "f4") ? 0 : !strcmp(v[1], "i2") ? 1 : 2;
    C = atoll(v[2]); R = atoll(v[3]); T = atoll(v[4]); K = atoll(v[5]); L = (T + K - 1) / K;
    int fresh = !(getenv("OUTPUT") && !strcmp(getenv("OUTPUT"), "touched")), reps = getenv("REPEATS") ? atoi(getenv("REPEATS")) : 9;
    if (getenv("THREADS")) nthreads = atoi(getenv("THREADS"));
    size_t sn = C * T * (kind == 0 ? 4 : 2), on = R * L * 4;
    src = map(sn); memset(src, 1, sn);
    double *t = malloc(reps * sizeof *t);
    out = map(on); if (!fresh) memset(out, 0, on);
    for (int i = -1; i < reps; i++) {
        if (fresh) { munmap(out, on); out = map(on); }
        double a = now(); pthread_t th[64];
        for (int64_t k = 1; k < nthreads; k++) pthread_create(&th[k], 0, work, (void *)k);
        work(0); for (int k = 1; k < nthreads; k++) pthread_join(th[k], 0);
        if (i >= 0) t[i] = now() - a;
    }
    qsort(t, reps, sizeof *t, cmp);
    printf("{\"kind\": \"%s\", \"step\": %ld, \"output\": \"%s\", \"threads\": %d, \"median_s\": %.6f}\n",
           v[1], (long)K, fresh ? "fresh" : "touched", nthreads, t[reps / 2]);
    return 0;
}
