/* libFuzzer target: frame tables over any bytes. The first bytes say what is declared, the rest is the
 * source. */
#include "../tests/check.h"
#include "frames.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

static void check_spans(const dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes) {
    dcm_span spans[4];
    for (uint32_t i = 0; i < frames->nframes && i < 64; i++) {
        uint64_t n = 0;
        dcm_status status = dcm_frames_locate(frames, bytes, nbytes, i, spans, 4, &n);
        if (status != DCM_OK) {
            CHECK(status == DCM_E_ENCODED && frames->table.nbytes);
            continue;
        }
        for (uint64_t k = 0; k < n && k < 4; k++) {
            CHECK(spans[k].offset <= nbytes && spans[k].nbytes <= nbytes - spans[k].offset);
            if (k) CHECK(spans[k].offset >= spans[k - 1].offset + spans[k - 1].nbytes);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    if (nbytes < 8) return 0;
    dcm_frames_input input = {.declared = bytes[0],
                              .whole = bytes[1] & 1,
                              .joined = (bytes[1] & 6) == 6,
                              .big_endian = (bytes[1] & 24) == 24};
    const bool has_eot = bytes[1] & 32;
    const uint64_t n = nbytes - 8;
    uint8_t *source = malloc(n ? n : 1); /* of exact size */
    if (!source) abort();
    memcpy(source, bytes + 8, n);
    input.end = n;
    if (has_eot) {
        input.eot = (dcm_span){bytes[2], bytes[3]};
        input.eot_nbytes = (dcm_span){bytes[4], bytes[3]};
        input.offset = bytes[5];
    }
    dcm_frames frames;
    dcm_frames_init(&frames);
    dcm_status status = dcm_frames_open(&frames, &input, source, n);
    CHECK(status == DCM_OK || status == DCM_E_RANGE);
    if (status == DCM_OK) {
        check_spans(&frames, source, n);
        CHECK(dcm_frames_walk(&frames, source, n) == DCM_OK);
        check_spans(&frames, source, n);
        CHECK(frames.first[0] == 0 && frames.first[frames.nframes] == frames.nspans);
        for (uint32_t i = 0; i < frames.nframes; i++)
            CHECK(frames.first[i] <= frames.first[i + 1]);
    }
    dcm_frames_free(&frames);
    free(source);
    if (check_nfailed) abort();
    return 0;
}
