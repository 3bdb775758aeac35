/* Fragments shared out among frames where no offset table tells. PS3.5 §A.4.

   In order of what can be trusted: a Basic Offset Table all of whose entries lead to fragments; as many
   fragments as frames; where images begin (each codec's first bytes); an even share. */
#include "frames_split.h"

#include "codestream.h"

#include <stdlib.h>

/* The same of a later fragment: images of one element begin alike, by their first two bytes. */
static bool begins_like_first(const dcm_frames *frames, const uint8_t *bytes, uint64_t i) {
    const uint8_t *first = bytes + frames->spans[0].offset;
    const dcm_span span = frames->spans[i];
    return dcm_codestream_begins(bytes + span.offset, span.nbytes) &&
           memcmp(first, bytes + span.offset, 2) == 0;
}

static dcm_status set_frames(dcm_frames *frames, uint64_t nframes) {
    if (nframes > UINT32_MAX) return DCM_E_TOO_MANY_ROWS;
    free(frames->first);
    frames->first = calloc((size_t)nframes + 1, sizeof *frames->first);
    if (!frames->first) return DCM_E_NO_MEMORY;
    frames->nframes = (uint32_t)nframes;
    frames->first[nframes] = frames->nspans;
    const uint32_t declared = frames->input.declared;
    if (declared && declared != nframes) frames->notes |= DCM_FRAMES_COUNT;
    return DCM_OK;
}

static dcm_status share_evenly(dcm_frames *frames, uint64_t nframes) {
    dcm_status status = set_frames(frames, nframes);
    if (status != DCM_OK) return status;
    for (uint64_t i = 0; i < nframes; i++)
        frames->first[i] = i * (frames->nspans / nframes);
    return DCM_OK;
}

/* By the Basic Offset Table, if all of its offsets are fragments that ascend. */
static bool by_table(dcm_frames *frames, const uint8_t *bytes, dcm_status *status) {
    uint64_t n = frames->basic.nbytes / 4;
    if (n == 0 || frames->basic.nbytes % 4 || n > frames->nspans) return false;
    if (n == 1 && frames->nspans > 1 && frames->input.declared != 1) return false;
    const uint8_t *table = bytes + frames->basic.offset;
    for (int pass = 0; pass < 2; pass++) { /* first only look, then set */
        uint64_t span = 0;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t at = frames->items + dcm_load_u32(table + 4 * i, frames->input.big_endian) + 8;
            while (span < frames->nspans && frames->spans[span].offset < at)
                span++;
            if (span == frames->nspans || frames->spans[span].offset != at || (i == 0 && span != 0))
                return false;
            if (pass) frames->first[i] = span;
            span++;
        }
        if (pass == 0) *status = set_frames(frames, n);
        if (*status != DCM_OK) return true;
    }
    return true;
}

/* By the beginnings of images: a fragment without one goes on with the image before. */
static dcm_status by_beginnings(dcm_frames *frames, const uint8_t *bytes, uint64_t nbeginnings) {
    dcm_status status = set_frames(frames, nbeginnings);
    if (status != DCM_OK) return status;
    uint64_t frame = 0;
    for (uint64_t i = 0; i < frames->nspans && frame < nbeginnings; i++) {
        if (i == 0 || begins_like_first(frames, bytes, i)) frames->first[frame++] = i;
    }
    return DCM_OK;
}

static void drop_empty(dcm_frames *frames) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < frames->nspans; i++)
        if (frames->spans[i].nbytes) frames->spans[n++] = frames->spans[i];
    if (n != frames->nspans) frames->notes |= DCM_FRAMES_EMPTY_FRAGMENT;
    frames->nspans = n;
}

dcm_status dcm_frames_split(dcm_frames *frames, const uint8_t *bytes) {
    const uint32_t declared = frames->input.declared;
    dcm_status status = DCM_OK;
    if (by_table(frames, bytes, &status)) return status;
    if (frames->basic.nbytes) frames->notes |= DCM_FRAMES_TABLE_WRONG;
    if (frames->nspans != declared) drop_empty(frames);
    if (frames->nspans == 0) return set_frames(frames, 0);
    if (frames->input.joined) return share_evenly(frames, 1);
    if (frames->input.whole || frames->nspans == declared) return share_evenly(frames, frames->nspans);

    uint64_t nbeginnings = 0, i;
    bool from_first = dcm_codestream_begins(bytes + frames->spans[0].offset, frames->spans[0].nbytes);
    for (i = 0; from_first && i < frames->nspans; i++)
        nbeginnings += begins_like_first(frames, bytes, i);
    if (declared <= 1) /* one frame of many fragments, unless every fragment is an image */
        return share_evenly(frames, nbeginnings == frames->nspans ? frames->nspans : 1);
    if (from_first) return by_beginnings(frames, bytes, nbeginnings);
    if (frames->nspans % declared == 0) return share_evenly(frames, declared);
    frames->notes |= DCM_FRAMES_UNEVEN;
    return share_evenly(frames, frames->nspans);
}
