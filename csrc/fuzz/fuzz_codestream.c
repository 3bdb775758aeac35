/* libFuzzer target: headers of compressed frames. Whatever the bytes: inside them, sizes where none is
   refused, the same again, and the same of a header whose end was cut where it says that it ends. */
#include "codestream.h"

#include <stdlib.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) abort();                                                                           \
    } while (0)

static void check_codestream(const dcm_codestream *c, dcm_status status, uint64_t nbytes) {
    CHECK(status == DCM_OK || status == DCM_E_ENCODED);
    CHECK(c->codestream_offset <= nbytes && c->codestream_nbytes <= nbytes - c->codestream_offset);
    CHECK(c->header_nbytes <= nbytes && c->fault_offset <= nbytes);
    if (c->kind == DCM_STREAM_NONE) {
        CHECK(status == DCM_OK && c->fault == DCM_STREAM_SOUND && c->header_nbytes == 0);
        return;
    }
    CHECK((status == DCM_OK) == (c->columns != 0));
    CHECK(c->complete || c->fault != DCM_STREAM_SOUND);
    CHECK(c->kind <= DCM_STREAM_JXL && c->fault <= DCM_STREAM_NO_SCAN && c->lossless >= -1 &&
          c->lossless <= 1);
    if (status != DCM_OK) return;
    CHECK(c->header_nbytes >= c->codestream_offset);
    CHECK(c->rows != 0 || c->dnl);
    if (c->complete) CHECK(c->samples != 0);
    if (c->kind > DCM_STREAM_JPEG_LS) CHECK(c->sof == DCM_NO_SOF);
}

/* A complete header needs nothing of what stands behind it. */
static void check_cut(const uint8_t *bytes, const dcm_codestream *whole) {
    dcm_codestream c;
    const uint64_t nbytes = whole->header_nbytes;
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    memcpy(p, bytes, nbytes);
    CHECK(dcm_codestream_read(p, nbytes, &c) == DCM_OK);
    check_codestream(&c, DCM_OK, nbytes);
    CHECK(c.complete && c.kind == whole->kind && c.columns == whole->columns);
    CHECK(c.rows == whole->rows || whole->dnl);
    free(p);
}

static void use(const uint8_t *bytes, uint64_t nbytes) {
    dcm_codestream c, again;
    const dcm_status status = dcm_codestream_read(bytes, nbytes, &c);
    check_codestream(&c, status, nbytes);
    CHECK(dcm_codestream_read_guarded(bytes, nbytes, &again) == status);
    CHECK(again.fault == c.fault && again.header_nbytes == c.header_nbytes && again.rows == c.rows);
    if (status == DCM_OK && c.complete) check_cut(bytes, &c);
    bool begins, ends;
    CHECK(dcm_codestream_peek_guarded(bytes, nbytes, &begins, &ends) == DCM_OK);
    CHECK(begins == dcm_codestream_begins(bytes, nbytes) && ends == dcm_codestream_ends(bytes, nbytes));
    if (begins) CHECK(c.kind != DCM_STREAM_NONE);
}

#define SIZ                                                                                                  \
    "\xFF\x51\0\x29\0\0\0\0\0\x20\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0\x10\0\0\0\0\0\0\0\0\0\1\x8B\1\1"
#define J2K                                                                                                  \
    "\xFF\x4F" SIZ "\xFF\x52\0\x0C\0\0\0\1\0\5\4\4\0\1\xFF\x90\0\x0A\0\0\0\0\0\0\0\1\xFF\x93\1\2\xFF\xD9"
#define SEED(text)                                                                                           \
    { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct {
    const uint8_t *bytes;
    size_t nbytes;
} seeds[] = {
    SEED("\xFF\xD8\xFF\xEE\0\x0E"
         "Adobe"
         "\0\x64\0\0\0\0\1\xFF\xC0\0\x0B\x08\0\x10\0\x20\1\1\x11\0\xFF\xDA\0\x08\1\1\0\0\x3F\0\1\xFF\xD9"),
    SEED("\xFF\xD8\xFF\xE8\0\7"
         "mrfx"
         "\1\xFF\xF7\0\x0B\x08\0\0\0\0\1\1\x11\0\xFF\xF8\0\x08\4\2\0\1\0\1\xFF\xDA\0\x08\1\1\0\0\0\0\1\xFF"
         "\xD9"),
    SEED(J2K),
    SEED("\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x17jp2h\0\0\0\x0F"
         "colr\1\0\0\0\0\0\x10\0\0\0\0jp2c" J2K),
    SEED("\xFF\x0A\x41\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    SEED("\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x10jxlp\0\0\0\0\xFF\x0A\x41\2\0\0\0\x09jbrd\0"),
};

/* The first two bytes tell which header, and where the others are laid over it. */
static void use_over_seed(const uint8_t *bytes, size_t nbytes) {
    const size_t which = bytes[0] % (sizeof seeds / sizeof *seeds), size = seeds[which].nbytes;
    const size_t at = bytes[1] % (size + 1), n = nbytes - 2, total = n > size - at ? at + n : size;
    uint8_t *p = malloc(total);
    if (!p) abort();
    memcpy(p, seeds[which].bytes, size < total ? size : total);
    if (n) memcpy(p + at, bytes + 2, n);
    use(p, total);
    free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    use(bytes, nbytes);
    if (nbytes >= 2) use_over_seed(bytes, nbytes);
    return 0;
}
