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

/* The folder of the last file, kept open: of many files in one folder only the first cost the way
 * there. */
typedef struct dcm_folder {
    char *path; /* with the slash at its end; NULL before the first file */
    size_t path_nbytes, path_cap;
    int fd; /* -1 until a second file of the folder comes */
} dcm_folder;

void dcm_folder_init(dcm_folder *folder);
void dcm_folder_close(dcm_folder *folder); /* the struct may be used again */

/* As dcm_file_open, for many files: the size is asked for in the cheapest way, the time (mtime_ns)
   not at all. What is not a regular file may be opened: dcm_file_check tells when reading fails or
   gives too little. */
dcm_file_error dcm_file_open_in(dcm_folder *folder, const char *path, dcm_file *file);

/* Size and time of an open file, and whether it is a regular one. */
dcm_file_error dcm_file_check(dcm_file *file);

/* Read until `nbytes` are there or the file ends. False when the system refuses. */
bool dcm_file_read_at(const dcm_file *file, uint64_t offset, uint8_t *out, size_t nbytes, size_t *nread_out);
void dcm_file_close(dcm_file *file);

/* Run work(context, 0 .. nworkers-1) at the same time, number 0 on the calling thread, and wait for
   all. Where the system gives fewer threads, fewer run: returns how many. */
uint32_t dcm_run_workers(uint32_t nworkers, void (*work)(void *context, uint32_t worker), void *context);

/* A clock that never goes back. */
uint64_t dcm_now_ns(void);

#endif
