/* One data element header in a given encoding, and how far it can be believed. PS3.5 §7.1. */
#ifndef DCM_HEADER_H
#define DCM_HEADER_H

#include "scan.h"

typedef struct dcm_header {
    uint32_t tag;
    uint32_t length; /* as written; DCM_UNDEFINED_LENGTH possible */
    uint16_t vr;     /* effective VR: of the header, or of the dictionary where it has none */
    uint8_t nbytes;  /* 8 or 12; 0: the VR bytes are no VR, or the bytes do not suffice */
} dcm_header;

enum {
    DCM_TAG_RECOGNITION_CODE = 0x00080010u,
    DCM_TAG_ITEM = 0xFFFEE000u,
    DCM_TAG_ITEM_END = 0xFFFEE00Du,
    DCM_TAG_SEQUENCE_END = 0xFFFEE0DDu,
    DCM_TAG_PIXEL_DATA = 0x7FE00010u,
    DCM_TAG_FLOAT_PIXEL_DATA = 0x7FE00008u,
};

/* What a reader can see: bytes[0 .. nbytes) of a source, all of it if eof. */
typedef struct dcm_window {
    const uint8_t *bytes;
    uint64_t nbytes;
    bool eof;
} dcm_window;

static inline uint32_t dcm_load_tag(const uint8_t *p, bool big) {
    if (big) return dcm_load_u32be(p);
    uint32_t v = dcm_load_u32le(p);
    return v << 16 | v >> 16;
}

/* Decode the header at pos; nbytes 0 where it cannot be one. */
dcm_header dcm_header_decode(const dcm_window *window, uint64_t pos, dcm_encoding encoding);

enum { DCM_PLAUSIBLE = 3 }; /* dcm_header_score: from here on a header is believed */

/* How much speaks for a header of this encoding at pos, in a container that ends at limit: 0 (impossible)
   to 5. Looks at the tag, the VR, whether the value fits, and the header behind a short value. The bytes
   before dcm_header_sight must be visible, or the result would depend on how the bytes arrive. */
int dcm_header_score(const dcm_window *window, uint64_t pos, uint64_t limit, dcm_encoding encoding);

uint64_t dcm_header_sight(const dcm_window *window, uint64_t pos, uint64_t limit, dcm_encoding encoding);

/* Whether the bytes at pos can follow a value: the container's end, a delimiter, or a header in one of the
   two encodings. The 12 bytes from pos must be visible where the source has them. */
bool dcm_header_may_follow(const dcm_window *window, uint64_t pos, uint64_t limit, uint32_t last_tag,
                           dcm_encoding one, dcm_encoding other);

#endif
