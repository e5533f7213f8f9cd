/* write_limit: the samples of a work item from resident memory into a new file, independent of any library.
 *
 * Built as a shared library. KIND is f4, i2 (channel-major) or i2x (interleaved int16, turned over to channel-major), as
 * in limit.c; what is written has the numbers as they are stored, without a gain. The last ROWS of CHANNELS are written.
 * The room is taken first. Threads draw one piece of work after the other: 4 MiB of a channel; interleaved, 131,072
 * samples of all channels, turned over in tiles and written channel by channel. Returns 0, or the errno of what failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { F4, I2, I2X };
enum { PIECE = 4 << 20, STRETCH = 1 << 17, TT = 512, RR = 16 };

struct job {
    int kind, file;
    int64_t channels, rows, samples;
    const char *source;
    atomic_llong next;
    atomic_int failed;
};

static void put(struct job *job, const char *bytes, int64_t n, int64_t at) {
    while (n > 0) {
        ssize_t done = pwrite(job->file, bytes, n, at);
        if (done < 0) {
            atomic_store(&job->failed, errno);
            return;
        }
        bytes += done, n -= done, at += done;
    }
}

static void straight(struct job *job) {
    int64_t item = job->kind == F4 ? 4 : 2, row = job->samples * item, pieces = (row + PIECE - 1) / PIECE, k;
    const char *first = job->source + (job->channels - job->rows) * row;
    while ((k = atomic_fetch_add(&job->next, 1)) < job->rows * pieces && !job->failed) {
        int64_t start = k % pieces * PIECE, at = k / pieces * row + start;
        put(job, first + at, row - start < PIECE ? row - start : PIECE, at);
    }
}

static void turned(struct job *job) {
    int64_t C = job->channels, R = job->rows, T = job->samples, k;
    int16_t *block = malloc(R * STRETCH * sizeof *block);
    if (!block) {
        atomic_store(&job->failed, ENOMEM);
        return;
    }
    while ((k = atomic_fetch_add(&job->next, 1)) * STRETCH < T && !job->failed) {
        int64_t t0 = k * STRETCH, n = T - t0 < STRETCH ? T - t0 : STRETCH;
        for (int64_t ts = 0; ts < n; ts += TT) {
            int64_t te = ts + TT < n ? ts + TT : n;
            for (int64_t rb = 0; rb < R; rb += RR) {
                int64_t re = rb + RR < R ? rb + RR : R;
                int16_t tile[RR][TT];
                const int16_t *s = (const int16_t *)job->source + (t0 + ts) * C + (C - R + rb);
                for (int64_t i = 0; i < te - ts; i++, s += C)
                    for (int64_t r = 0; r < re - rb; r++) tile[r][i] = s[r];
                for (int64_t r = 0; r < re - rb; r++) memcpy(block + (rb + r) * n + ts, tile[r], (te - ts) * 2);
            }
        }
        for (int64_t r = 0; r < R; r++) put(job, (char *)(block + r * n), n * 2, (r * T + t0) * 2);
    }
    free(block);
}

static void *work(void *job) {
    ((struct job *)job)->kind == I2X ? turned(job) : straight(job);
    return 0;
}

int write_limit(const char *path, int kind, int64_t channels, int64_t rows, int64_t samples, const void *source,
                int sync, int n_threads) {
    struct job job = {kind, open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), channels, rows, samples, source, 0, 0};
    if (job.file < 0) return errno;
    int full = posix_fallocate(job.file, 0, rows * samples * (kind == F4 ? 4 : 2));
    if (full) atomic_store(&job.failed, full);
    pthread_t threads[64];
    if (n_threads > 64) n_threads = 64;
    for (int k = 1; k < n_threads; k++)
        if (pthread_create(&threads[k], 0, work, &job)) return EAGAIN;
    work(&job);
    for (int k = 1; k < n_threads; k++) pthread_join(threads[k], 0);
    if (sync && fsync(job.file)) atomic_store(&job.failed, errno);
    if (close(job.file)) atomic_store(&job.failed, errno);
    return job.failed;
}
