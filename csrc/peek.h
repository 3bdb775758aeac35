/* A value wherever it lies, for passes over all values that run under one guard. */
#ifndef DCM_PEEK_H
#define DCM_PEEK_H

#include "source.h"

/* Address of bytes in the head or in the mapping; only to be read under a guard (guard.h). NULL where they
   lie outside the source. */
static inline const uint8_t *dcm_peek(const dcm_source *source, uint64_t offset, uint64_t nbytes) {
    if (offset > source->nbytes || nbytes > source->nbytes - offset) return NULL;
    if (offset <= source->head_nbytes && nbytes <= source->head_nbytes - offset) return source->head + offset;
    return source->mapping.bytes ? source->mapping.bytes + offset : NULL;
}

#endif
