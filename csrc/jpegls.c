/* JPEG-LS: headers. ITU-T T.87 Annex C. */
#include "jpegls_internal.h"

#include "jpeg_markers.h"

#include <stdlib.h>

enum {
    SOF55 = 0xF7,
    LSE = 0xF8,
    APP8 = 0xE8,
};

dcm_jpls *dcm_jpls_new(void) {
    dcm_jpls *const d = aligned_alloc(64, sizeof *d);
    if (d) memset(d, 0, sizeof *d);
    return d;
}

void dcm_jpls_free(dcm_jpls *d) {
    if (!d) return;
    free(d->unstuffed);
    free(d->lines);
    free(d);
}

uint64_t dcm_jpls_nbytes(const dcm_jpls *d) {
    return sizeof *d + d->unstuffed_capacity + d->nlines * sizeof *d->lines;
}

dcm_jpls_fault dcm_jpls_fault_of(const dcm_jpls *d, uint64_t *offset) {
    *offset = d->fault_offset;
    return d->fault;
}

static bool refuse(dcm_jpls *d, dcm_jpls_fault fault, const dcm_jpeg_reader *r, const uint8_t *where) {
    d->fault = fault;
    d->fault_offset = (uint64_t)(where - r->start);
    return false;
}

/* §C.2.2 */
static bool read_frame(dcm_jpls *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    const dcm_jpls_layout *l = &d->layout;
    if (nbytes < 6 || nbytes < 6u + 3u * p[5]) return refuse(d, DCM_JPLS_SEGMENT, r, p);
    const uint32_t rows = dcm_load_u16be(p + 1);
    if (d->precision || p[0] < 2 || p[0] > 16 || (p[0] > 8 && l->sample_nbytes == 1) ||
        (rows && rows != l->rows) || dcm_load_u16be(p + 3) != l->columns || p[5] != l->samples)
        return refuse(d, DCM_JPLS_FRAME, r, p);
    d->precision = p[0];
    for (uint32_t i = 0; i < l->samples; i++) {
        const uint8_t *const c = p + 6 + 3 * i;
        d->ids[i] = c[0];
        if (c[1] != p[7]) return refuse(d, DCM_JPLS_SAMPLING, r, c);
    }
    return true;
}

/* §C.2.4.1 */
static bool read_parameters(dcm_jpls *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    if (nbytes < 1) return refuse(d, DCM_JPLS_SEGMENT, r, p);
    if (p[0] == 2 || p[0] == 3) return refuse(d, DCM_JPLS_MAPPING, r, p);
    if (p[0] != 1) return refuse(d, DCM_JPLS_PARAMETERS, r, p);
    if (nbytes < 11) return refuse(d, DCM_JPLS_SEGMENT, r, p);
    d->preset = (dcm_jpls_parameters){.maxval = dcm_load_u16be(p + 1),
                                      .t1 = dcm_load_u16be(p + 3),
                                      .t2 = dcm_load_u16be(p + 5),
                                      .t3 = dcm_load_u16be(p + 7),
                                      .reset = dcm_load_u16be(p + 9)};
    return true;
}

/* §C.2.3 */
static bool read_scan(dcm_jpls *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    if (!d->precision) return refuse(d, DCM_JPLS_FRAME, r, p);
    const uint32_t n = nbytes ? p[0] : 0;
    if (n == 0 || n > d->layout.samples) return refuse(d, DCM_JPLS_SCAN, r, p);
    if (nbytes < 4 + 2 * n) return refuse(d, DCM_JPLS_SEGMENT, r, p);
    uint32_t index = 0;
    for (uint32_t i = 0; i < n; i++, index++) {
        while (index < d->layout.samples && (d->ids[index] != p[1 + 2 * i] || d->seen >> index & 1u))
            index++; /* in the order of the frame header, each once */
        if (index == d->layout.samples) return refuse(d, DCM_JPLS_SCAN, r, p);
        if (p[2 + 2 * i]) return refuse(d, DCM_JPLS_MAPPING, r, p);
        d->scan_index[i] = index;
    }
    const uint8_t *const last = p + 1 + 2 * n;
    dcm_jpls_parameters parameters = d->preset;
    parameters.near = last[0];
    d->scan_samples = n;
    d->interleave = last[1];
    d->point_transform = last[2] & 15u;
    if (d->interleave > 2 || (n > 1 && d->interleave == 0) || d->point_transform >= d->precision)
        return refuse(d, DCM_JPLS_SCAN, r, p);
    if (n == 1) d->interleave = 0;
    if (!dcm_jpls_complete(&parameters, d->precision)) return refuse(d, DCM_JPLS_PARAMETERS, r, p);
    dcm_jpls_use(d, &parameters);
    return true;
}

/* Lines between restart markers: two, three or four bytes. §C.2.5 */
static bool read_interval(dcm_jpls *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    if (nbytes < 2 || nbytes > 4) return refuse(d, DCM_JPLS_SEGMENT, r, p);
    d->restart_interval = 0;
    for (uint32_t i = 0; i < nbytes; i++)
        d->restart_interval = d->restart_interval << 8 | p[i];
    return true;
}

/* A marker segment before, between or behind scans. */
static dcm_status read_segment(dcm_jpls *d, dcm_jpeg_reader *r, uint8_t marker, uint32_t *notes) {
    const uint8_t *const p = r->p;
    bool sound = true;
    if (r->end - p < 2 || dcm_load_u16be(p) > r->end - p) {
        refuse(d, DCM_JPLS_CUT, r, p);
        return DCM_E_ENCODED;
    }
    if (dcm_load_u16be(p) < 2) {
        refuse(d, DCM_JPLS_SEGMENT, r, p);
        return DCM_E_ENCODED;
    }
    const uint32_t nbytes = dcm_load_u16be(p) - 2u;
    r->p += 2 + nbytes;
    switch (marker) {
    case SOF55:
        sound = read_frame(d, r, p + 2, nbytes);
        break;
    case LSE:
        sound = read_parameters(d, r, p + 2, nbytes);
        break;
    case DCM_JPEG_DRI:
        sound = read_interval(d, r, p + 2, nbytes);
        break;
    case APP8:
        if (nbytes == 5 && memcmp(p + 2, "mrfx", 4) == 0) d->transform = p[6] <= 3 ? p[6] : 0;
        break;
    case DCM_JPEG_SOS:
        if (read_scan(d, r, p + 2, nbytes)) return dcm_jpls_decode_scan(d, &r->p, r->end, notes);
        sound = false;
        break;
    default:
        break;
    }
    return sound ? DCM_OK : DCM_E_ENCODED;
}

dcm_status dcm_jpls_decode(dcm_jpls *d, const dcm_jpls_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                           uint8_t *out, uint64_t out_nbytes, uint32_t *notes) {
    const uint32_t samples = layout->samples, sample_nbytes = layout->sample_nbytes;
    dcm_jpeg_reader r = {in, in, in + in_nbytes};
    if (samples < 1 || samples > DCM_JPLS_MAX_SAMPLES || sample_nbytes < 1 || sample_nbytes > 2 ||
        layout->rows == 0 || layout->rows > UINT16_MAX || layout->columns == 0 ||
        layout->columns > UINT16_MAX ||
        out_nbytes != (uint64_t)layout->rows * layout->columns * samples * sample_nbytes)
        return DCM_E_RANGE;
    d->layout = *layout;
    d->out = out;
    d->precision = d->restart_interval = d->seen = d->transform = 0;
    d->preset = (dcm_jpls_parameters){0};
    d->fault = DCM_JPLS_SOUND;
    *notes = 0;
    const uint32_t all = (1u << samples) - 1u;
    dcm_status status = DCM_OK;
    while (status == DCM_OK && d->seen != all) {
        const uint8_t marker = dcm_jpeg_next_marker(&r, 0x80);
        if (marker == 0 || marker == DCM_JPEG_EOI) break;
        if (marker >= DCM_JPEG_RST0 && marker <= DCM_JPEG_SOI) continue;
        status = read_segment(d, &r, marker, notes);
    }
    if (status == DCM_E_NO_MEMORY) return status;
    if (d->seen == 0) {
        if (status == DCM_OK) refuse(d, DCM_JPLS_NO_SCAN, &r, r.p);
        return DCM_E_ENCODED;
    }
    if (d->seen != all) {
        dcm_jpeg_clear_unseen(out, (uint64_t)layout->rows * layout->columns, samples, sample_nbytes, d->seen);
        *notes |= DCM_JPLS_SHORT;
    }
    return DCM_OK;
}
