/* A byte string that tests write data elements into. PS3.5 §7.1. */
#ifndef DCM_BUILD_H
#define DCM_BUILD_H

#include "header.h"
#include "vr.h"

#include <stdlib.h>

typedef struct build {
    uint8_t *bytes;
    uint64_t nbytes, capacity;
    bool implicit, big;
} build;

static inline void put(build *b, const void *bytes, uint64_t nbytes) {
    if (b->nbytes + nbytes > b->capacity) {
        b->capacity = 2 * (b->nbytes + nbytes);
        b->bytes = realloc(b->bytes, b->capacity);
        if (!b->bytes) abort();
    }
    if (nbytes) memcpy(b->bytes + b->nbytes, bytes, nbytes);
    b->nbytes += nbytes;
}

static inline void put_number(build *b, uint32_t value, uint32_t nbytes) {
    uint8_t bytes[4];
    for (uint32_t i = 0; i < nbytes; i++)
        bytes[b->big ? nbytes - 1 - i : i] = (uint8_t)(value >> 8 * i);
    put(b, bytes, nbytes);
}

static inline void put_header(build *b, uint32_t tag, const char *vr, uint32_t length) {
    put_number(b, tag >> 16, 2);
    put_number(b, tag & 0xFFFF, 2);
    if (b->implicit || tag >> 16 == 0xFFFE) {
        put_number(b, length, 4);
        return;
    }
    put(b, vr, 2);
    bool is_long = dcm_vr_class_of(DCM_VR(vr[0], vr[1])) == DCM_VR_LONG;
    if (is_long) put_number(b, 0, 2);
    put_number(b, length, is_long ? 4 : 2);
}

static inline void put_text(build *b, uint32_t tag, const char *vr, const char *value) {
    put_header(b, tag, vr, (uint32_t)strlen(value));
    put(b, value, strlen(value));
}

static inline void put_bytes(build *b, uint32_t tag, const char *vr, uint32_t nbytes) {
    put_header(b, tag, vr, nbytes);
    for (uint32_t i = 0; i < nbytes; i++)
        put(b, "\xAB", 1);
}

/* Preamble, prefix, and a meta group that names the transfer syntax. PS3.10 §7.1. */
static inline void put_meta(build *b, const char *syntax) {
    static const uint8_t zeros[128];
    build meta = {0};
    uint32_t n = (uint32_t)strlen(syntax);
    put_header(&meta, 0x00020010, "UI", n + (n & 1));
    put(&meta, syntax, n + (n & 1));
    put(b, zeros, 128);
    put(b, "DICM", 4);
    build length = {0};
    put_header(&length, 0x00020000, "UL", 4);
    put_number(&length, (uint32_t)meta.nbytes, 4);
    put(b, length.bytes, length.nbytes);
    put(b, meta.bytes, meta.nbytes);
    free(length.bytes);
    free(meta.bytes);
}

static inline void start(build *b, const char *syntax) {
    *b = (build){0};
    put_meta(b, syntax);
    b->implicit = strcmp(syntax, "1.2.840.10008.1.2") == 0;
    b->big = strcmp(syntax, "1.2.840.10008.1.2.2") == 0;
}

#endif
