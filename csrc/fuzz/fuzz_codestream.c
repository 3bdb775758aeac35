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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
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
    return 0;
}
