/* Preamble, prefix and File Meta Information of a file that is made of a received data set. PS3.10 §7.1. */
#ifndef DCM_FILEHEAD_H
#define DCM_FILEHEAD_H

#include "base.h"

/* Text with its length; no NUL is wanted behind it. */
typedef struct dcm_file_uid {
    const char *p;
    uint16_t nbytes; /* even or odd: a NUL makes it even; below 65535 */
} dcm_file_uid;

/* Bytes of such a head. rest_nbytes: elements from (0002,0010) on, which are alike in many files. */
uint64_t dcm_file_head_nbytes(dcm_file_uid sop_class, dcm_file_uid sop_instance, uint64_t rest_nbytes);

/* Write it. */
void dcm_file_head(dcm_file_uid sop_class, dcm_file_uid sop_instance, const uint8_t *rest,
                   uint64_t rest_nbytes, uint8_t *out);

#endif
