/* Files mapped into memory, read-only. Archive scans never map; see docs/architecture.md. */
#ifndef DCM_MAPPING_H
#define DCM_MAPPING_H

#include "platform.h"

typedef struct dcm_mapping {
    const uint8_t *bytes; /* NULL when nothing is mapped */
    uint64_t nbytes;
    uint64_t device, inode; /* which file it is, should the path be given to another one */
} dcm_mapping;

/* Map an open file as long as file->nbytes says. */
bool dcm_map(const dcm_file *file, dcm_mapping *mapping);
void dcm_unmap(dcm_mapping *mapping);

/* Whether the bytes can still be touched: a file cut short under a mapping kills the process that reads
   past its end. True also when the path now names another file, for the mapped one lives on. */
bool dcm_mapping_is_whole(const dcm_mapping *mapping, const char *path);

/* Ask for large pages behind a big block of heap memory: touching it first is what costs. A wish only. */
void dcm_wish_large_pages(void *p, size_t nbytes);

#endif
