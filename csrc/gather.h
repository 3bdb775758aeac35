/* Bulk reading: many files' headers to one record batch, on native threads. PS3.10 §7.1. */
#ifndef DCM_GATHER_H
#define DCM_GATHER_H

#include "batch.h"
#include "colvalue.h"

/* What became of a file: its row's status. */
typedef enum dcm_gathered {
    DCM_GATHERED_OK,
    DCM_GATHERED_TRUNCATED, /* ends inside an element; what stands before it is in the row */
    DCM_GATHERED_NOT_DICOM,
    DCM_GATHERED_NOT_FOUND,
    DCM_GATHERED_NOT_PERMITTED,
    DCM_GATHERED_NOT_REGULAR, /* a directory, pipe, socket or device */
    DCM_GATHERED_IO_ERROR,
    DCM_GATHERED_CHANGED, /* shrank while it was read */
    DCM_GATHERED_TOO_DEEP,
    DCM_GATHERED_TOO_MANY_ROWS,
    DCM_GATHERED_TOO_LONG, /* the header goes on beyond DCM_GATHER_MAX_NBYTES */
    DCM_GATHERED_NO_MEMORY,
    DCM_GATHERED_NOT_INFLATED, /* the deflated body is damaged from its first byte */
    DCM_GATHERED_COUNT
} dcm_gathered;

extern const char *const dcm_gathered_names[DCM_GATHERED_COUNT];

#define DCM_GATHER_HEAD_NBYTES 16384u             /* what is read of every file */
#define DCM_GATHER_MAX_NBYTES (UINT64_C(1) << 30) /* of one header, values that are skipped not counted */

/* What native code leaves to others. Called on the worker's own thread. */
typedef struct dcm_gather_hooks {
    void *context;
    /* As in dcm_record. */
    bool (*decode)(void *context, uint32_t worker, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                   dcm_borrowed *utf8_out);
    /* The body of a deflated file from `body_offset`, inflated: its first `want` bytes at least,
       fewer only if it ends (*eof_out). False if nothing can be inflated. */
    bool (*inflate)(void *context, uint32_t worker, const char *path, uint64_t body_offset, uint64_t want,
                    dcm_borrowed *body_out, bool *eof_out);
    /* Asked a few times a second on the calling thread: true cancels the run. */
    bool (*interrupted)(void *context);
} dcm_gather_hooks;

typedef struct dcm_gather dcm_gather;

/* Columns (and what they point to) must stay as long as the gather does. NULL if memory is short.
 */
dcm_gather *dcm_gather_new(const dcm_column *columns, uint32_t ncolumns, uint32_t nworkers);
void dcm_gather_free(dcm_gather *gather);

/* Read the headers of the files: row i of the batch is paths[i]. One run at a time. NULL if memory
   is short or the run was cancelled. */
dcm_batch *dcm_gather_run(dcm_gather *gather, const char *const *paths, uint32_t npaths,
                          const dcm_gather_hooks *hooks);

/* Stop a run, from another thread or a hook, and every later one. */
void dcm_gather_cancel(dcm_gather *gather);
bool dcm_gather_was_cancelled(dcm_gather *gather);

#endif
