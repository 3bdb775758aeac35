/* Lossless JPEG with Huffman coding: headers, scans and restart intervals. ITU-T T.81 Annexes B and H. */
#include "jpeg_lossless_internal.h"
#include "jpeg_markers.h"

#include <stdlib.h>

enum {
    SOF0 = 0xC0,
    SOF3 = 0xC3,
    DHT = 0xC4,
    JPG = 0xC8,
    DAC = 0xCC,
    SOF15 = 0xCF,
};

dcm_jpll *dcm_jpll_new(uint64_t row_nsamples) {
    if (row_nsamples > (uint64_t)UINT16_MAX * DCM_JPLL_MAX_SAMPLES) return NULL;
    const uint64_t nlines = 2 * row_nsamples + 2 * DCM_JPLL_HALF_NSAMPLES + DCM_JPLL_SLACK;
    const uint64_t nahead = DCM_JPLL_HALF_NSAMPLES + DCM_JPLL_SLACK;
    dcm_jpll *d = malloc(sizeof *d + (nlines + nahead) * sizeof(uint16_t));
    if (!d) return NULL;
    memset(d, 0, sizeof *d);
    d->row_nsamples = row_nsamples;
    d->ahead = d->line_pool + nlines;
    return d;
}

void dcm_jpll_free(dcm_jpll *d) {
    free(d);
}

uint64_t dcm_jpll_row_nsamples(const dcm_jpll *d) {
    return d->row_nsamples;
}

dcm_jpll_fault dcm_jpll_fault_of(const dcm_jpll *d, uint64_t *offset) {
    *offset = d->fault_offset;
    return d->fault;
}

static bool refuse(dcm_jpll *d, dcm_jpll_fault fault, const dcm_jpeg_reader *r, const uint8_t *where) {
    d->fault = fault;
    d->fault_offset = (uint64_t)(where - r->start);
    return false;
}

static bool is_sof(uint8_t marker) {
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* §B.2.2 */
static bool read_frame(dcm_jpll *d, const dcm_jpeg_reader *r, uint8_t marker, const uint8_t *p,
                       uint32_t nbytes) {
    const dcm_jpll_layout *l = &d->layout;
    if (marker != SOF3 || d->precision) return refuse(d, DCM_JPLL_FRAME, r, p);
    if (nbytes < 6 || nbytes < 6u + 3u * p[5]) return refuse(d, DCM_JPLL_SEGMENT, r, p);
    const uint32_t rows = dcm_load_u16be(p + 1);
    if (p[0] < 2 || p[0] > 16 || (p[0] > 8 && l->sample_nbytes == 1) || (rows && rows != l->rows) ||
        dcm_load_u16be(p + 3) != l->columns || p[5] != l->samples)
        return refuse(d, DCM_JPLL_FRAME, r, p);
    d->precision = p[0];
    d->one_size = true;
    for (uint32_t i = 0; i < l->samples; i++) {
        const uint8_t *const c = p + 6 + 3 * i;
        d->ids[i] = c[0];
        d->one_size = d->one_size && c[1] == 0x11;
        if (c[1] != p[7]) return refuse(d, DCM_JPLL_SAMPLING, r, c);
    }
    return true;
}

/* Huffman tables of class 0; those of class 1 are for other processes. §B.2.4.2 */
static bool read_tables(dcm_jpll *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    while (nbytes) {
        uint32_t nvalues = 0;
        if (nbytes < 17) return refuse(d, DCM_JPLL_SEGMENT, r, p);
        for (uint32_t i = 1; i <= 16; i++)
            nvalues += p[i];
        if (nvalues > 256 || nbytes - 17 < nvalues) return refuse(d, DCM_JPLL_TABLE, r, p);
        if (p[0] < 4 && !dcm_jpll_define(&d->tables[p[0]], p + 1, p + 17, nvalues))
            return refuse(d, DCM_JPLL_TABLE, r, p);
        p += 17 + nvalues;
        nbytes -= 17 + nvalues;
    }
    return true;
}

/* §B.2.3, Table B.3 */
static bool read_scan(dcm_jpll *d, const dcm_jpeg_reader *r, const uint8_t *p, uint32_t nbytes) {
    if (!d->precision) return refuse(d, DCM_JPLL_FRAME, r, p);
    const uint32_t n = nbytes ? p[0] : 0;
    if (n == 0 || n > d->layout.samples) return refuse(d, DCM_JPLL_SCAN, r, p);
    if (nbytes < 4 + 2 * n) return refuse(d, DCM_JPLL_SEGMENT, r, p);
    if (n > 1 && !d->one_size) return refuse(d, DCM_JPLL_SAMPLING, r, p);
    uint32_t index = 0;
    for (uint32_t i = 0; i < n; i++, index++) {
        while (index < d->layout.samples && (d->ids[index] != p[1 + 2 * i] || d->seen >> index & 1u))
            index++; /* in the order of the frame header, each once */
        if (index == d->layout.samples) return refuse(d, DCM_JPLL_SCAN, r, p);
        const uint32_t table = p[2 + 2 * i] >> 4;
        if (table > 3 || !d->tables[table].defined) return refuse(d, DCM_JPLL_TABLE, r, p);
        d->scan_index[i] = index;
        d->scan_tables[i] = &d->tables[table];
    }
    d->turns = false;
    for (uint32_t i = 1; i < n; i++) {
        for (uint32_t k = 0; k < i; k++)
            if (dcm_jpll_alike(d->scan_tables[i], d->scan_tables[k])) d->scan_tables[i] = d->scan_tables[k];
        d->turns = d->turns || d->scan_tables[i] != d->scan_tables[0];
    }
    for (uint32_t i = 0; i < n; i++)
        dcm_jpll_build(d->scan_tables[i], d->turns);
    const uint8_t *const last = p + 1 + 2 * n;
    d->scan_samples = n;
    d->predictor = last[0];
    d->point_transform = last[2] & 15u;
    if (d->predictor < 1 || d->predictor > 7 || d->point_transform >= d->precision)
        return refuse(d, DCM_JPLL_SCAN, r, p);
    if (d->restart_interval % d->layout.columns) return refuse(d, DCM_JPLL_INTERVAL, r, p);
    return true;
}

/* Lines of one restart interval, from row on. False if differences are missing. */
static bool decode_interval(dcm_jpll *d, uint32_t row, uint32_t nrows) {
    const uint64_t width = (uint64_t)d->scan_samples * d->layout.columns;
    uint16_t *const front = d->line_pool, *const lines = front + d->row_nsamples;
    const uint16_t *above = NULL;
    uint64_t have = 0; /* differences from lines on */
    bool whole = true;
    for (const uint32_t end = row + nrows; row < end;) {
        const uint64_t n =
            whole ? dcm_jpll_differences(d, lines + have, (uint32_t)(have % d->scan_samples)) : 0;
        if (n == 0) {
            whole = false;
            memset(lines + have, 0, (width - have) * sizeof *lines);
            have = width;
        }
        have += n;
        uint16_t *line = lines;
        for (; have >= width && row < end; line += width, have -= width) {
            dcm_jpll_predict(d, line, above);
            dcm_jpll_emit(d, line, row++);
            above = line;
        }
        if (above != NULL && above != front) memcpy(front, above, width * sizeof *front), above = front;
        if (line != lines) memmove(lines, line, have * sizeof *lines);
    }
    return whole;
}

/* The scan whose entropy-coded data start at r->p. */
static void decode_scan(dcm_jpll *d, dcm_jpeg_reader *r, uint32_t *notes) {
    const uint32_t rows = d->layout.rows, step = d->restart_interval / d->layout.columns;
    for (uint32_t row = 0; row < rows;) {
        const uint32_t n = step && step < rows - row ? step : rows - row;
        dcm_jpll_open_segment(d, r->p, r->end);
        if (!decode_interval(d, row, n)) *notes |= DCM_JPLL_SHORT;
        row += n;
        r->p = d->segment.in;
        if (row == rows) break;
        const uint8_t *const here = r->p;
        const uint8_t marker = dcm_jpeg_next_marker(r, 1);
        if (marker < DCM_JPEG_RST0 || marker > DCM_JPEG_RST7) r->p = marker ? r->p - 2 : here, r->end = r->p;
    }
    for (uint32_t i = 0; i < d->scan_samples; i++)
        d->seen |= 1u << d->scan_index[i];
}

/* A marker segment before, between or behind scans. */
static bool read_segment(dcm_jpll *d, dcm_jpeg_reader *r, uint8_t marker, uint32_t *notes) {
    const uint8_t *const p = r->p;
    if (r->end - p < 2 || dcm_load_u16be(p) > r->end - p) return refuse(d, DCM_JPLL_CUT, r, p);
    if (dcm_load_u16be(p) < 2) return refuse(d, DCM_JPLL_SEGMENT, r, p);
    const uint32_t nbytes = dcm_load_u16be(p) - 2u;
    r->p += 2 + nbytes;
    if (marker == DHT) return read_tables(d, r, p + 2, nbytes);
    if (marker == DCM_JPEG_DRI) {
        if (nbytes < 2) return refuse(d, DCM_JPLL_SEGMENT, r, p);
        d->restart_interval = dcm_load_u16be(p + 2);
    }
    if (is_sof(marker)) return read_frame(d, r, marker, p + 2, nbytes);
    if (marker == DCM_JPEG_SOS) {
        if (!read_scan(d, r, p + 2, nbytes)) return false;
        const uint8_t *const end = r->end;
        decode_scan(d, r, notes);
        r->end = end;
    }
    return true;
}

dcm_status dcm_jpll_decode(dcm_jpll *d, const dcm_jpll_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                           uint8_t *out, uint64_t out_nbytes, uint32_t *notes) {
    const uint32_t samples = layout->samples, sample_nbytes = layout->sample_nbytes;
    dcm_jpeg_reader r = {in, in, in + in_nbytes};
    if (samples < 1 || samples > DCM_JPLL_MAX_SAMPLES || sample_nbytes < 1 || sample_nbytes > 2 ||
        layout->rows == 0 || layout->rows > UINT16_MAX || layout->columns == 0 ||
        layout->columns > UINT16_MAX || (uint64_t)samples * layout->columns > d->row_nsamples ||
        out_nbytes != (uint64_t)layout->rows * layout->columns * samples * sample_nbytes)
        return DCM_E_RANGE;
    d->layout = *layout;
    d->out = out;
    d->precision = 0;
    d->restart_interval = 0;
    d->seen = 0;
    d->fault = DCM_JPLL_SOUND;
    for (uint32_t i = 0; i < 4; i++)
        d->tables[i].defined = false;
    *notes = 0;
    const uint32_t all = (1u << samples) - 1u;
    bool sound = true;
    while (sound && d->seen != all) {
        const uint8_t marker = dcm_jpeg_next_marker(&r, 1);
        if (marker == 0 || marker == DCM_JPEG_EOI) break;
        if (marker == DCM_JPEG_TEM || (marker >= DCM_JPEG_RST0 && marker <= DCM_JPEG_SOI)) continue;
        sound = read_segment(d, &r, marker, notes);
    }
    if (d->seen == 0) {
        if (sound) refuse(d, DCM_JPLL_NO_SCAN, &r, r.p);
        return DCM_E_ENCODED;
    }
    if (d->seen != all) {
        dcm_jpeg_clear_unseen(out, (uint64_t)layout->rows * layout->columns, samples, sample_nbytes, d->seen);
        *notes |= DCM_JPLL_SHORT;
    }
    return DCM_OK;
}
