/* JPEG and JPEG-LS: markers, and components that had no scan. ITU-T T.81 §B.1.1, T.87 §C.1.1. */
#ifndef DCM_JPEG_MARKERS_H
#define DCM_JPEG_MARKERS_H

#include "base.h"

enum {
    DCM_JPEG_TEM = 0x01,
    DCM_JPEG_RST0 = 0xD0,
    DCM_JPEG_RST7 = 0xD7,
    DCM_JPEG_SOI = 0xD8,
    DCM_JPEG_EOI = 0xD9,
    DCM_JPEG_SOS = 0xDA,
    DCM_JPEG_DRI = 0xDD,
};

/* Input with a place in it. */
typedef struct dcm_jpeg_reader {
    const uint8_t *start, *p, *end;
} dcm_jpeg_reader;

/* Step to the next marker, and behind it; 0 if there is none. Whatever else stands there is passed. Below
   `least`, FF and a byte are no marker: 1, and 80 in JPEG-LS. */
static inline uint8_t dcm_jpeg_next_marker(dcm_jpeg_reader *r, uint8_t least) {
    while (r->end - r->p >= 2) {
        const uint8_t *const found = memchr(r->p, 0xFF, (size_t)(r->end - r->p - 1));
        if (!found) break;
        r->p = found + 1;
        if (*r->p >= least && *r->p != 0xFF) return *r->p++;
    }
    r->p = r->end;
    return 0;
}

/* Set the samples of those components to 0 that were not seen, by bits. */
static inline void dcm_jpeg_clear_unseen(uint8_t *out, uint64_t npixels, uint32_t samples,
                                         uint32_t sample_nbytes, uint32_t seen) {
    for (uint32_t k = 0; k < samples; k++) {
        if (seen >> k & 1u) continue;
        for (uint64_t i = 0; i < npixels; i++)
            memset(out + (i * samples + k) * sample_nbytes, 0, sample_nbytes);
    }
}

#endif
