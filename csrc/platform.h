/* What the operating system does for the core, and the only place that knows which one it is. */
#ifndef DCM_PLATFORM_H
#define DCM_PLATFORM_H

#include "base.h"

/* strtod as in the C locale, whatever locale the process has set. `text` is NUL-terminated. */
double dcm_strtod(const char *text, char **end);

typedef enum dcm_file_error {
    DCM_FILE_OK = 0,
    DCM_FILE_NOT_FOUND,     /* no such file, a broken link, or a loop of links */
    DCM_FILE_NOT_PERMITTED, /* the user may not read it */
    DCM_FILE_NOT_REGULAR,   /* a directory, pipe, socket or device */
    DCM_FILE_FAILED,        /* everything else: errno tells */
} dcm_file_error;

typedef struct dcm_file {
    int fd;
    uint64_t nbytes;
    int64_t mtime_ns; /* since 1970-01-01 UTC */
} dcm_file;

/* Open a regular file for reading. Never waits for the other end of a pipe or a terminal. */
dcm_file_error dcm_file_open(const char *path, dcm_file *file);

/* Read until `nbytes` are there or the file ends. False when the system refuses. */
bool dcm_file_read_at(const dcm_file *file, uint64_t offset, uint8_t *out, size_t nbytes,
                      size_t *nread_out);
void dcm_file_close(dcm_file *file);

/* Run work(context, 0 .. nworkers-1) at the same time, number 0 on the calling thread, and wait for
   all. Where the system gives fewer threads, fewer run: returns how many. */
uint32_t dcm_run_workers(uint32_t nworkers, void (*work)(void *context, uint32_t worker),
                         void *context);

/* A clock that never goes back. */
uint64_t dcm_now_ns(void);

#endif
