/* What the operating system does for the core, and the only place that knows which one it is. */
#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

double dcm_strtod(const char *text, char **end) {
    /* The C locale object is built in: neither call allocates in practice. */
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale) return strtod(text, end);
    double value = strtod_l(text, end, c_locale);
    freelocale(c_locale);
    return value;
}

static dcm_file_error error_of_errno(void) {
    switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return DCM_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
        return DCM_FILE_NOT_PERMITTED;
    case ENXIO: /* a socket, or a device without a driver */
    case ENODEV:
        return DCM_FILE_NOT_REGULAR;
    default:
        return DCM_FILE_FAILED;
    }
}

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#ifdef O_PATH
#define FOLDER_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

dcm_file_error dcm_file_check(dcm_file *file) {
    struct stat st;
    if (fstat(file->fd, &st) != 0) return DCM_FILE_FAILED;
    if (!S_ISREG(st.st_mode)) return DCM_FILE_NOT_REGULAR;
    file->nbytes = (uint64_t)st.st_size;
#ifdef __APPLE__
    file->mtime_ns = (int64_t)st.st_mtimespec.tv_sec * 1000000000 + st.st_mtimespec.tv_nsec;
#else
    file->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
#endif
    return DCM_FILE_OK;
}

dcm_file_error dcm_file_open(const char *path, dcm_file *file) {
    do {
        file->fd = open(path, OPEN_FLAGS);
    } while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0) return error_of_errno();
    dcm_file_error error = dcm_file_check(file);
    if (error != DCM_FILE_OK) dcm_file_close(file);
    return error;
}

void dcm_folder_init(dcm_folder *folder) {
    *folder = (dcm_folder){.fd = -1};
}

void dcm_folder_close(dcm_folder *folder) {
    if (folder->fd >= 0) close(folder->fd);
    free(folder->path);
    dcm_folder_init(folder);
}

static void remember_folder(dcm_folder *folder, const char *path, size_t nbytes) {
    if (folder->fd >= 0) close(folder->fd);
    folder->fd = -1;
    folder->path_nbytes = 0;
    if (nbytes >= folder->path_cap) {
        char *p = realloc(folder->path, nbytes + 1);
        if (!p) return;
        folder->path = p;
        folder->path_cap = nbytes + 1;
    }
    memcpy(folder->path, path, nbytes);
    folder->path[nbytes] = 0;
    folder->path_nbytes = nbytes;
}

dcm_file_error dcm_file_open_in(dcm_folder *folder, const char *path, dcm_file *file) {
    const char *slash = strrchr(path, '/');
    size_t nbytes = slash ? (size_t)(slash - path) + 1 : 0;
    int at = AT_FDCWD;
    const char *name = path;
    if (nbytes == 0 || nbytes != folder->path_nbytes || memcmp(path, folder->path, nbytes) != 0) {
        remember_folder(folder, path, nbytes);
    } else {
        if (folder->fd < 0) folder->fd = open(folder->path, FOLDER_FLAGS);
        if (folder->fd >= 0 && path[nbytes] != 0) {
            at = folder->fd;
            name = path + nbytes;
        }
    }
    do {
        file->fd = openat(at, name, OPEN_FLAGS);
    } while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0) return error_of_errno();
    off_t size = lseek(file->fd, 0, SEEK_END);
    file->nbytes = size > 0 ? (uint64_t)size : 0;
    file->mtime_ns = 0;
    if (file->nbytes > 0) return DCM_FILE_OK;
    dcm_file_error error = dcm_file_check(file);
    if (error != DCM_FILE_OK) dcm_file_close(file);
    return error;
}

bool dcm_file_read_at(const dcm_file *file, uint64_t offset, uint8_t *out, size_t nbytes, size_t *nread_out) {
    size_t nread = 0;
    while (nread < nbytes) {
        ssize_t n = pread(file->fd, out + nread, nbytes - nread, (off_t)(offset + nread));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) break;
        nread += (size_t)n;
    }
    *nread_out = nread;
    return true;
}

void dcm_file_close(dcm_file *file) {
    close(file->fd);
    file->fd = -1;
}

typedef struct worker_call {
    void (*work)(void *context, uint32_t worker);
    void *context;
    uint32_t worker;
    pthread_t thread;
} worker_call;

static void *enter_worker(void *argument) {
    worker_call *call = argument;
    call->work(call->context, call->worker);
    return NULL;
}

uint32_t dcm_run_workers(uint32_t nworkers, void (*work)(void *context, uint32_t worker), void *context) {
    uint32_t nrunning = 1;
    worker_call *calls = nworkers > 1 ? malloc(nworkers * sizeof *calls) : NULL;
    if (calls) {
        for (; nrunning < nworkers; nrunning++) {
            worker_call *call = &calls[nrunning];
            *call = (worker_call){.work = work, .context = context, .worker = nrunning};
            if (pthread_create(&call->thread, NULL, enter_worker, call) != 0) break;
        }
    }
    work(context, 0);
    for (uint32_t i = 1; i < nrunning; i++)
        pthread_join(calls[i].thread, NULL);
    free(calls);
    return nrunning;
}

uint64_t dcm_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
