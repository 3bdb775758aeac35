/* Files that are written: whole or not at all. The bytes come from a plan. */
#ifndef DCM_OUTFILE_H
#define DCM_OUTFILE_H

#include "plan.h"
#include "source.h"

/* Where the ranges of a plan come from: dcm_segment.source counts these. */
typedef struct dcm_plan_source {
    const dcm_source *source;
    const char *path; /* of the file that is mapped; NULL for memory */
} dcm_plan_source;

/* A file that takes the place of another when it is complete. */
typedef struct dcm_replacement {
    int fd;          /* of the temporary file beside the target, -1 when there is none */
    char *temporary; /* its path */
    char *target;
} dcm_replacement;

/* Begin a file beside `target`, with the permissions of the one that is there. E_IO: errno tells. */
dcm_status dcm_replace_begin(dcm_replacement *replacement, const char *target);

/* The same, with the permissions of a new file. */
dcm_status dcm_replace_begin_fresh(dcm_replacement *replacement, const char *target);

/* Bring it to disk if `sync` is set, and give it the name of the target, which it takes the place of. */
dcm_status dcm_replace_commit(dcm_replacement *replacement, bool sync);

/* Take it away again; nothing to do after a commit. */
void dcm_replace_abandon(dcm_replacement *replacement);

/* Write bytes [offset, offset + nbytes) of a plan at the file's position. RANGE, E_IO (errno tells), CHANGED
   (a source is no longer what it was). Numbers whose byte order changes are not cut: a range that would is
   RANGE. */
dcm_status dcm_plan_write(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources,
                          uint64_t offset, uint64_t nbytes, int fd);

/* Bytes [offset, offset + nbytes) of a plan into memory. RANGE, CHANGED. */
dcm_status dcm_plan_read(const dcm_plan *plan, const dcm_plan_source *sources, uint32_t nsources,
                         uint64_t offset, uint64_t nbytes, uint8_t *out);

#endif
