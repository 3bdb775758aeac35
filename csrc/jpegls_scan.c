/* JPEG-LS: scans, restart intervals, and lines to samples. ITU-T T.87 §A.1, §C.1, §C.2.5. */
#include "jpeg_markers.h"
#include "jpegls_internal.h"

#include <stdlib.h>

static bool grow(uint8_t **p, uint64_t *capacity, uint64_t need) {
    if (need <= *capacity) return true;
    uint8_t *const grown = realloc(*p, need + need / 4);
    if (!grown) return false;
    *p = grown;
    *capacity = need + need / 4;
    return true;
}

/* Copy bits up to the next marker: behind FF a byte has seven. Where no FF is, eight bytes are taken at a
   time. Gives where it stopped. A marker begins with FF and a byte of 80 or more: §C.1.1. */
static const uint8_t *unstuff(dcm_jpls *d, const uint8_t *in, const uint8_t *end) {
    uint8_t *out = d->unstuffed;
    uint64_t held = 0; /* bits that are not written yet, the last lowest */
    uint32_t nheld = 0;
    while (in < end) {
        if (end - in >= 8) {
            const uint64_t bits = dcm_load_u64be(in), low = UINT64_C(0x0101010101010101);
            if (((~bits - low) & bits & low << 7) == 0) { /* no byte is FF */
                const uint64_t whole = nheld ? held << (64 - nheld) | bits >> nheld : bits;
                for (uint32_t i = 0; i < 8; i++)
                    out[i] = (uint8_t)(whole >> (56 - 8 * i));
                out += 8, in += 8;
                held = bits;
                continue;
            }
        }
        const bool is_ff = *in == 0xFF;
        if (is_ff && (end - in < 2 || in[1] >= 0x80)) break;
        held = held << 8 | *in++;
        nheld += 8;
        if (is_ff) held = held << 7 | *in++, nheld += 7;
        for (; nheld >= 8; nheld -= 8)
            *out++ = (uint8_t)(held >> (nheld - 8));
    }
    d->bits = (dcm_jpls_bits){d->unstuffed, 0, 8 * (uint64_t)(out - d->unstuffed) + nheld};
    *out = nheld ? (uint8_t)(held << (8 - nheld)) : 0;
    memset(out + 1, 0, DCM_JPLS_TAIL_NBYTES);
    return in;
}

/* Undo HP's colour transforms of three lines. They are of CharLS, not of the standard. */
static void undo_transform(uint32_t transform, uint16_t *v1, uint16_t *v2, uint16_t *v3, uint32_t precision,
                           uint64_t n) {
    const int32_t range = 1 << precision, half = range / 2, mask = range - 1;
    for (uint64_t i = 0; i < n; i++) {
        const int32_t a = v1[i], b = v2[i], c = v3[i];
        int32_t red = a + b - half, green = b, blue = c + b - half;
        if (transform == 2) blue = c + (((red & mask) + b) >> 1) - half;
        if (transform == 3) {
            green = a - ((c + b) >> 2) + range / 4;
            red = c + green - half;
            blue = b + green - half;
        }
        v1[i] = (uint16_t)(red & mask), v2[i] = (uint16_t)(green & mask), v3[i] = (uint16_t)(blue & mask);
    }
}

DCM_INLINE void store_line(const uint16_t *restrict line, uint64_t n, uint32_t step, uint32_t shift,
                           uint8_t *restrict out) {
    if (step == 1)
        for (uint64_t i = 0; i < n; i++)
            out[i] = (uint8_t)(line[i] << shift);
    else
#pragma GCC unroll 4
        for (uint64_t i = 0; i < n; i++)
            out[i * step] = (uint8_t)(line[i] << shift);
}

static void store_3(const uint16_t *restrict a, const uint16_t *restrict b, const uint16_t *restrict c,
                    uint64_t n, uint8_t *restrict out) {
    for (uint64_t i = 0; i < n; i++)
        out[3 * i] = (uint8_t)a[i], out[3 * i + 1] = (uint8_t)b[i], out[3 * i + 2] = (uint8_t)c[i];
}

static void store_wide_line(const uint16_t *line, uint64_t n, uint32_t step, uint32_t shift, uint8_t *out) {
    if (step == 1 && shift == 0) {
        memcpy(out, line, 2 * n);
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        memcpy(out + 2 * i * step, &(uint16_t){(uint16_t)(line[i] << shift)}, 2);
}

/* Put the current lines of the scan's components into out. */
static void emit(const dcm_jpls *d, uint32_t row) {
    const dcm_jpls_layout *l = &d->layout;
    const uint64_t n = l->columns;
    uint8_t *const out = d->out + (uint64_t)row * n * l->samples * l->sample_nbytes;
    if (d->transform && d->scan_samples == 3) {
        uint16_t *lines[3];
        /* the lines stay what they are: the next ones are predicted from them */
        for (uint32_t i = 0; i < 3; i++) {
            lines[i] = d->lines[3 + i].current + DCM_JPLS_FIRST;
            memcpy(lines[i], d->lines[i].current + DCM_JPLS_FIRST, 2 * n);
        }
        undo_transform(d->transform, lines[0], lines[1], lines[2], d->precision, n);
        for (uint32_t i = 0; i < 3; i++)
            (l->sample_nbytes == 1 ? store_line : store_wide_line)(
                lines[i], n, l->samples, d->point_transform, out + d->scan_index[i] * l->sample_nbytes);
        return;
    }
    if (l->sample_nbytes == 1 && d->scan_samples == 3 && l->samples == 3 && d->point_transform == 0) {
        store_3(d->lines[0].current + DCM_JPLS_FIRST, d->lines[1].current + DCM_JPLS_FIRST,
                d->lines[2].current + DCM_JPLS_FIRST, n, out);
        return;
    }
    for (uint32_t i = 0; i < d->scan_samples; i++)
        (l->sample_nbytes == 1 ? store_line : store_wide_line)(d->lines[i].current + DCM_JPLS_FIRST, n,
                                                               l->samples, d->point_transform,
                                                               out + d->scan_index[i] * l->sample_nbytes);
}

/* Prepare the current line of a component: the sample before its first is the one above that, and the line
   before has one behind its last. §A.2.1, Figure A.1 */
static void open_line(dcm_jpls *d, uint32_t i) {
    uint16_t *const line = d->lines[i].current + DCM_JPLS_FIRST;
    uint16_t *const before = d->lines[i].before + DCM_JPLS_FIRST;
    before[d->layout.columns] = before[d->layout.columns - 1];
    line[-1] = before[0];
}

/* The current line becomes the one before. */
static void turn_lines(dcm_jpls *d) {
    for (uint32_t i = 0; i < d->scan_samples; i++) {
        dcm_jpls_lines *const lines = &d->lines[i];
        memcpy(lines->before + DCM_JPLS_FIRST - 1, lines->current + DCM_JPLS_FIRST - 1,
               2 * (d->layout.columns + 1u));
    }
}

static void clear_lines(dcm_jpls *d) {
    for (uint32_t i = 0; i < d->scan_samples; i++) {
        memset(d->lines[i].current, 0, 2 * (DCM_JPLS_FIRST + d->layout.columns + 1u));
        memset(d->lines[i].before, 0, 2 * (DCM_JPLS_FIRST + d->layout.columns + 1u));
    }
}

/* A row of all components. */
static bool decode_row(dcm_jpls *d) {
    for (uint32_t i = 0; i < d->scan_samples; i++)
        open_line(d, i);
    if (d->interleave == 2) return dcm_jpls_decode_lines(d, d->scan_samples);
    for (uint32_t i = 0; i < d->scan_samples; i++)
        if (!dcm_jpls_decode_line(d, i)) return false;
    return true;
}

/* Lines of one restart interval, from row on. False if samples are missing: they are 0. */
static bool decode_interval(dcm_jpls *d, uint32_t row, uint32_t end) {
    dcm_jpls_reset(d);
    clear_lines(d);
    bool whole = true;
    for (; row < end && whole; row++) {
        for (uint32_t i = 0; i < d->scan_samples; i++)
            memset(d->lines[i].current + DCM_JPLS_FIRST, 0, 2 * d->layout.columns);
        whole = decode_row(d);
        emit(d, row);
        turn_lines(d);
    }
    if (d->bits.at > d->bits.end) whole = false;
    if (row == end) return whole;
    clear_lines(d);
    for (; row < end; row++)
        emit(d, row);
    return whole;
}

dcm_status dcm_jpls_decode_scan(dcm_jpls *d, const uint8_t **at, const uint8_t *end, uint32_t *notes) {
    const uint32_t rows = d->layout.rows;
    const uint32_t nlines = d->scan_samples == 3 ? 6 : d->scan_samples;
    if (nlines > d->nlines) {
        free(d->lines);
        d->nlines = 0;
        d->lines = malloc(nlines * sizeof *d->lines);
        if (!d->lines) return DCM_E_NO_MEMORY;
        d->nlines = nlines;
    }
    if (!grow(&d->unstuffed, &d->unstuffed_capacity, (uint64_t)(end - *at) + DCM_JPLS_TAIL_NBYTES + 16))
        return DCM_E_NO_MEMORY;
    for (uint32_t row = 0; row < rows;) {
        const uint32_t step = d->restart_interval;
        const uint32_t next = step && step < rows - row ? row + step : rows;
        *at = unstuff(d, *at, end);
        if (!decode_interval(d, row, next)) *notes |= DCM_JPLS_SHORT;
        row = next;
        if (row == rows) break;
        if (end - *at >= 2 && (*at)[0] == 0xFF && (*at)[1] >= DCM_JPEG_RST0 && (*at)[1] <= DCM_JPEG_RST7)
            *at += 2;
        else
            end = *at; /* no restart marker: nothing that can be placed comes */
    }
    for (uint32_t i = 0; i < d->scan_samples; i++)
        d->seen |= 1u << d->scan_index[i];
    return DCM_OK;
}
