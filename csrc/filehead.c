/* Preamble, prefix and File Meta Information. PS3.10 §7.1. */
#include "filehead.h"

#define PREAMBLE_NBYTES 128u
#define LENGTH_NBYTES 12u  /* File Meta Information Group Length, header and value */
#define VERSION_NBYTES 14u /* File Meta Information Version */
#define HEADER_NBYTES 8u

static uint64_t element_nbytes(dcm_file_uid uid) {
    return HEADER_NBYTES + (uint64_t)uid.nbytes + uid.nbytes % 2;
}

uint64_t dcm_file_head_nbytes(dcm_file_uid sop_class, dcm_file_uid sop_instance, uint64_t rest_nbytes) {
    return PREAMBLE_NBYTES + 4 + LENGTH_NBYTES + VERSION_NBYTES + element_nbytes(sop_class) +
           element_nbytes(sop_instance) + rest_nbytes;
}

static uint8_t *put_uid(uint8_t *at, uint8_t element, dcm_file_uid uid) {
    const uint32_t n = (uint32_t)uid.nbytes + uid.nbytes % 2;
    const uint8_t header[HEADER_NBYTES] = {2, 0, element, 0, 'U', 'I', (uint8_t)n, (uint8_t)(n >> 8)};
    memcpy(at, header, HEADER_NBYTES);
    at[HEADER_NBYTES + n - 1] = 0;
    if (uid.nbytes) memcpy(at + HEADER_NBYTES, uid.p, uid.nbytes);
    return at + HEADER_NBYTES + n;
}

void dcm_file_head(dcm_file_uid sop_class, dcm_file_uid sop_instance, const uint8_t *rest,
                   uint64_t rest_nbytes, uint8_t *out) {
    const uint64_t n =
        VERSION_NBYTES + element_nbytes(sop_class) + element_nbytes(sop_instance) + rest_nbytes;
    const uint8_t length[LENGTH_NBYTES] = {
        2, 0, 0, 0, 'U', 'L', 4, 0, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
    const uint8_t version[VERSION_NBYTES] = {2, 0, 1, 0, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 1};
    memset(out, 0, PREAMBLE_NBYTES);
    memcpy(out + PREAMBLE_NBYTES, "DICM", 4);
    uint8_t *at = out + PREAMBLE_NBYTES + 4;
    memcpy(at, length, LENGTH_NBYTES);
    memcpy(at + LENGTH_NBYTES, version, VERSION_NBYTES);
    at = put_uid(at + LENGTH_NBYTES + VERSION_NBYTES, 2, sop_class);
    at = put_uid(at, 3, sop_instance);
    if (rest_nbytes) memcpy(at, rest, rest_nbytes);
}
