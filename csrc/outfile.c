/* Files that are written: whole or not at all. The bytes come from a plan.

   New bytes and ranges of sources in memory or mapped go out together, many in one call (writev): the kernel
   reads the pages itself, and tells of one that is gone by an error. Long ranges of files are copied from
   file to file within the kernel. Where that cannot be done, they are written like the others. */
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NVECTORS 64
#define BLOCK_NBYTES (64u << 10)  /* of numbers whose byte order changes */
#define KERNEL_NBYTES (64u << 10) /* ranges from here on are copied from file to file */
#define STEP_NBYTES (UINT64_C(1) << 30)
#define NATTEMPTS 16

typedef struct writer {
    int fd;
    const dcm_plan *plan;
    const dcm_plan_source *sources;
    uint32_t nsources;
    struct iovec vectors[NVECTORS];
    int nvectors;
} writer;

static dcm_status flush(writer *w) {
    int i = 0;
    while (i < w->nvectors) {
        ssize_t n = writev(w->fd, w->vectors + i, w->nvectors - i);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EFAULT ? DCM_E_CHANGED : DCM_E_IO;
        while (i < w->nvectors && (size_t)n >= w->vectors[i].iov_len)
            n -= (ssize_t)w->vectors[i++].iov_len;
        if (i < w->nvectors) {
            w->vectors[i].iov_base = (uint8_t *)w->vectors[i].iov_base + n;
            w->vectors[i].iov_len -= (size_t)n;
        }
    }
    w->nvectors = 0;
    return DCM_OK;
}

static dcm_status push(writer *w, const uint8_t *bytes, uint64_t nbytes) {
    while (nbytes) {
        const size_t n = nbytes < STEP_NBYTES ? (size_t)nbytes : (size_t)STEP_NBYTES;
        if (w->nvectors == NVECTORS) {
            const dcm_status status = flush(w);
            if (status != DCM_OK) return status;
        }
        w->vectors[w->nvectors++] = (struct iovec){(void *)(uintptr_t)bytes, n};
        bytes += n;
        nbytes -= n;
    }
    return DCM_OK;
}

/* Address of a range of a source, held or mapped. */
static const uint8_t *range_of(const dcm_source *source, uint64_t offset, uint64_t nbytes) {
    if (offset > source->nbytes || nbytes > source->nbytes - offset) return NULL;
    const uint8_t *held = dcm_source_held(source, offset, nbytes);
    if (held) return held;
    return source->mapping.bytes ? source->mapping.bytes + offset : NULL;
}

#ifdef __linux__
/* The file that is mapped, once more, and only if it is the same one; -1 otherwise. */
static int reopen(const dcm_plan_source *from) {
    struct stat st;
    if (!from->path || !from->source->mapping.bytes) return -1;
    const int fd = open(from->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return -1;
    const dcm_mapping *mapping = &from->source->mapping;
    if (fstat(fd, &st) == 0 && (uint64_t)st.st_dev == mapping->device &&
        (uint64_t)st.st_ino == mapping->inode)
        return fd;
    close(fd);
    return -1;
}

/* How much of a range the kernel has copied from file to file: all, or less where it will not. */
static uint64_t copy_in_kernel(writer *w, const dcm_plan_source *from, uint64_t offset, uint64_t nbytes) {
    uint64_t done = 0;
    const int fd = reopen(from);
    if (fd < 0) return 0;
    while (done < nbytes) {
        loff_t at = (loff_t)(offset + done);
        const uint64_t left = nbytes - done;
        const ssize_t n = copy_file_range(fd, &at, w->fd, NULL, left < STEP_NBYTES ? left : STEP_NBYTES, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (uint64_t)n;
    }
    close(fd);
    return done;
}
#else
static uint64_t copy_in_kernel(writer *w, const dcm_plan_source *from, uint64_t offset, uint64_t nbytes) {
    (void)w, (void)from, (void)offset, (void)nbytes;
    return 0;
}
#endif

static dcm_status write_range(writer *w, const dcm_segment *segment) {
    if (segment->source >= w->nsources) return DCM_E_RANGE;
    const dcm_plan_source *from = &w->sources[segment->source];
    uint64_t offset = segment->offset, nbytes = segment->nbytes;
    if (nbytes >= KERNEL_NBYTES) {
        const dcm_status status = flush(w);
        if (status != DCM_OK) return status;
        const uint64_t done = copy_in_kernel(w, from, offset, nbytes);
        offset += done, nbytes -= done;
    }
    const uint8_t *bytes = range_of(from->source, offset, nbytes);
    return bytes ? push(w, bytes, nbytes) : DCM_E_RANGE;
}

/* Numbers, a block at a time, in the other byte order. */
static dcm_status write_swapped(writer *w, const dcm_segment *segment) {
    uint8_t block[BLOCK_NBYTES];
    if (segment->source >= w->nsources) return DCM_E_RANGE;
    const dcm_source *source = w->sources[segment->source].source;
    for (uint64_t done = 0; done < segment->nbytes;) {
        const uint64_t left = segment->nbytes - done;
        const uint64_t n = left < BLOCK_NBYTES ? left : BLOCK_NBYTES;
        dcm_status status = dcm_source_copy(source, segment->offset + done, n, block);
        if (status != DCM_OK) return status;
        dcm_swap_units(block, n, segment->unit_nbytes);
        status = push(w, block, n);
        if (status == DCM_OK) status = flush(w);
        if (status != DCM_OK) return status;
        done += n;
    }
    return DCM_OK;
}

static dcm_status write_segment(writer *w, const dcm_segment *segment) {
    if (segment->source == DCM_PLAN_OWN) return push(w, w->plan->own + segment->offset, segment->nbytes);
    if (segment->unit_nbytes == 0) return write_range(w, segment);
    const dcm_status status = flush(w);
    return status == DCM_OK ? write_swapped(w, segment) : status;
}

dcm_status dcm_plan_write(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources,
                          uint64_t offset, uint64_t nbytes, int fd) {
    writer w = {.fd = fd, .plan = plan, .sources = sources, .nsources = nsources};
    dcm_status status = DCM_OK;
    uint64_t start = 0;
    if (offset > plan->nbytes || nbytes > plan->nbytes - offset) return DCM_E_RANGE;
    for (uint64_t i = 0; status == DCM_OK && nbytes && i < plan->nsegments; i++) {
        dcm_segment part = plan->segments[i];
        const uint64_t next = start + part.nbytes;
        if (offset < next) {
            const uint64_t skipped = offset - start, left = part.nbytes - skipped;
            const uint64_t n = nbytes < left ? nbytes : left;
            if (part.unit_nbytes && n != part.nbytes) return DCM_E_RANGE;
            part.offset += skipped, part.nbytes = n;
            status = write_segment(&w, &part);
            offset += n, nbytes -= n;
        }
        start = next;
    }
    return status == DCM_OK ? flush(&w) : status;
}

static dcm_status read_segment(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources,
                               const dcm_segment *segment, uint64_t from, uint64_t nbytes, uint8_t *out) {
    if (segment->source == DCM_PLAN_OWN) {
        memcpy(out, plan->own + segment->offset + from, (size_t)nbytes);
        return DCM_OK;
    }
    if (segment->source >= nsources) return DCM_E_RANGE;
    const dcm_source *source = sources[segment->source].source;
    const uint64_t unit = segment->unit_nbytes;
    if (unit == 0) return dcm_source_copy(source, segment->offset + from, nbytes, out);
    /* byte i of a number comes from its other end; those behind the last whole number stay */
    const uint64_t whole = segment->nbytes / unit * unit;
    for (uint64_t i = 0; i < nbytes;) {
        uint8_t number[8];
        const uint64_t at = from + i, first = at < whole ? at / unit * unit : at;
        const uint64_t n = at < whole ? unit : 1;
        const dcm_status status = dcm_source_copy(source, segment->offset + first, n, number);
        if (status != DCM_OK) return status;
        for (uint64_t k = at - first; k < n && i < nbytes; k++)
            out[i++] = number[n - 1 - k];
    }
    return DCM_OK;
}

dcm_status dcm_plan_read(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources,
                         uint64_t offset, uint64_t nbytes, uint8_t *out) {
    if (offset > plan->nbytes || nbytes > plan->nbytes - offset) return DCM_E_RANGE;
    uint64_t start = 0;
    for (uint64_t i = 0; nbytes && i < plan->nsegments; i++) {
        const dcm_segment *segment = &plan->segments[i];
        if (offset < start + segment->nbytes) {
            const uint64_t from = offset - start, left = segment->nbytes - from;
            const uint64_t n = nbytes < left ? nbytes : left;
            const dcm_status status = read_segment(plan, sources, nsources, segment, from, n, out);
            if (status != DCM_OK) return status;
            out += n, offset += n, nbytes -= n;
        }
        start += segment->nbytes;
    }
    return DCM_OK;
}

/* A name beside the target that nobody has: a counter and a clock, and O_EXCL for the rest. */
static int open_beside(dcm_replacement *replacement) {
    const char *slash = strrchr(replacement->target, '/');
    const int folder_nbytes = slash ? (int)(slash - replacement->target) + 1 : 0;
    const size_t cap = (size_t)folder_nbytes + 48;
    replacement->temporary = malloc(cap);
    if (!replacement->temporary) return -1;
    for (unsigned attempt = 0; attempt < NATTEMPTS; attempt++) {
        const uint64_t number = (dcm_now_ns() + attempt) * UINT64_C(0x9E3779B97F4A7C15);
        snprintf(replacement->temporary, cap, "%.*s.dicomet-%lx-%016llx", folder_nbytes, replacement->target,
                 (unsigned long)getpid(), (unsigned long long)number);
        const int fd = open(replacement->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EEXIST && errno != EINTR)) return fd;
    }
    return -1;
}

static void forget(dcm_replacement *replacement) {
    free(replacement->temporary);
    free(replacement->target);
    *replacement = (dcm_replacement){.fd = -1};
}

dcm_status dcm_replace_begin_fresh(dcm_replacement *replacement, const char *target) {
    *replacement = (dcm_replacement){.fd = -1, .target = strdup(target)};
    if (!replacement->target) return DCM_E_NO_MEMORY;
    replacement->fd = open_beside(replacement);
    if (replacement->fd >= 0) return DCM_OK;
    const int error = errno;
    forget(replacement);
    errno = error;
    return DCM_E_IO;
}

dcm_status dcm_replace_begin(dcm_replacement *replacement, const char *target) {
    struct stat st;
    const bool exists = stat(target, &st) == 0;
    const dcm_status status = dcm_replace_begin_fresh(replacement, target);
    if (status == DCM_OK && exists && fchmod(replacement->fd, st.st_mode & 07777) != 0)
        errno = 0; /* as well as may be */
    return status;
}

dcm_status dcm_replace_commit(dcm_replacement *replacement, bool sync) {
    int error = 0;
    if (sync && fsync(replacement->fd) != 0 && errno != EINVAL && errno != EROFS) error = errno;
    if (close(replacement->fd) != 0 && error == 0 && errno != EINTR) error = errno;
    replacement->fd = -1;
    if (error == 0 && rename(replacement->temporary, replacement->target) != 0) error = errno;
    if (error != 0) unlink(replacement->temporary);
    forget(replacement);
    errno = error;
    return error == 0 ? DCM_OK : DCM_E_IO;
}

void dcm_replace_abandon(dcm_replacement *replacement) {
    const int error = errno;
    if (replacement->fd >= 0) close(replacement->fd);
    if (replacement->temporary) unlink(replacement->temporary);
    forget(replacement);
    errno = error;
}
