/* Where the bytes of a data set lie: memory, or a file whose beginning is read and whose rest is mapped. */
#ifndef DCM_SOURCE_H
#define DCM_SOURCE_H

#include "mapping.h"
#include "scan.h"

typedef enum dcm_source_mode {
    DCM_SOURCE_MAP,  /* read what the scan needs, map the file for everything else */
    DCM_SOURCE_READ, /* read the whole file */
} dcm_source_mode;

/* Values in the head are copies in memory: the file may do what it likes. What lies beyond is looked at
   through the mapping, which costs a fifth of reading it into fresh memory, under a guard. */
typedef struct dcm_source {
    uint8_t *head; /* bytes [0, head_nbytes); owned unless borrowed */
    uint64_t head_nbytes;
    uint64_t nbytes;     /* size of the whole source */
    int64_t mtime_ns;    /* of the file; 0 for memory */
    dcm_mapping mapping; /* the whole file, or nothing */
    dcm_file file;       /* open only between open and settle */
    bool file_open;
    bool borrowed; /* head belongs to somebody else */
} dcm_source;

void dcm_source_init(dcm_source *source);
void dcm_source_free(dcm_source *source);

/* Use bytes of somebody else, who keeps them alive. */
void dcm_source_borrow(dcm_source *source, const uint8_t *bytes, uint64_t nbytes);

/* Open a file and read its first bytes (all of it in mode READ). */
dcm_status dcm_source_open(dcm_source *source, const char *path, dcm_source_mode mode, dcm_file_error *error);

/* Run the scanner over the source as far as it goes: over the head, then over the mapping. */
dcm_status dcm_source_scan(dcm_source *source, dcm_scanner *scanner, dcm_index *index);

/* No more reading: closes the file; of a mapped one the head is cut down to its first `keep_nbytes`. */
void dcm_source_settle(dcm_source *source, uint64_t keep_nbytes);

/* Address of bytes [offset, offset + nbytes) in memory of our own; NULL where they are not (mapped, or out of
   range). */
const uint8_t *dcm_source_held(const dcm_source *source, uint64_t offset, uint64_t nbytes);

/* Copy bytes out. OK, RANGE, or CHANGED when a mapped file has shrunk. */
dcm_status dcm_source_copy(const dcm_source *source, uint64_t offset, uint64_t nbytes, uint8_t *out);

/* Address of the bytes wherever they are, for views that outlive the call. OK, RANGE, or CHANGED; what
   happens to a mapped file afterwards is not ours to see. */
dcm_status dcm_source_at(const dcm_source *source, const char *path, uint64_t offset, uint64_t nbytes,
                         const uint8_t **out);

#endif
