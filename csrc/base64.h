/* Base64 text of bulk data. RFC 4648 §4; PS3.18 §F.2.7, PS3.19 §A.1. */
#ifndef DCM_BASE64_H
#define DCM_BASE64_H

#include "base.h"

/* Characters for so many bytes, padding included. */
static inline uint64_t dcm_base64_nchars(uint64_t nbytes) {
    return (nbytes + 2) / 3 * 4;
}

/* Write dcm_base64_nchars(nbytes) characters. */
void dcm_base64_encode(const uint8_t *p, size_t nbytes, uint8_t *out);

#endif
