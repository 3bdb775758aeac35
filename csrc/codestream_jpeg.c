/* The header of JPEG and JPEG-LS: marker segments from SOI to the first scan. T.81 Annex B, T.87 Annex C. */
#include "codestream.h"

enum {
    SOF0 = 0xC0,
    SOF1 = 0xC1,
    SOF2 = 0xC2,
    SOF3 = 0xC3,
    DHT = 0xC4,
    JPG = 0xC8,
    DAC = 0xCC,
    SOF15 = 0xCF,
    RST0 = 0xD0,
    SOI = 0xD8,
    EOI = 0xD9,
    SOS = 0xDA,
    DRI = 0xDD,
    DHP = 0xDE,
    APP0 = 0xE0,
    APP8 = 0xE8,
    APP14 = 0xEE,
    SOF55 = 0xF7, /* JPEG-LS */
    LSE = 0xF8,   /* JPEG-LS */
    TEM = 0x01,
};

/* A marker and its segment: payload is what follows the two bytes of length. */
typedef struct segment {
    uint8_t marker;
    uint64_t offset; /* of the marker */
    const uint8_t *payload;
    uint32_t nbytes; /* of the payload */
} segment;

/* The next marker's code, with *pos behind it; 0 if there is none, and why is noted. Any number of FF may
   stand before it; a few other bytes are stepped over, as decoders do. */
static uint8_t next_marker(const uint8_t *in, uint64_t in_nbytes, uint64_t *pos, dcm_codestream *out) {
    uint64_t njunk = 0;
    for (; *pos < in_nbytes && in_nbytes - *pos >= 2; ++*pos) {
        const uint8_t *const p = in + *pos;
        if (p[0] == 0xFF && p[1] == 0xFF) continue;
        if (p[0] == 0xFF && p[1] != 0) {
            *pos += 2;
            return p[1];
        }
        dcm_stream_note(out, DCM_STREAM_NO_MARKER, *pos);
        if (++njunk > DCM_CODESTREAM_MAX_JUNK) return 0;
    }
    dcm_stream_note(out, DCM_STREAM_CUT, *pos);
    return 0;
}

static bool is_sof(uint8_t marker) {
    if (marker == SOF55) return true;
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static bool is_standalone(uint8_t marker) {
    return marker == TEM || (marker >= RST0 && marker <= SOI);
}

static dcm_stream_kind kind_of_sof(uint8_t marker) {
    switch (marker) {
    case SOF0:
        return DCM_STREAM_JPEG_BASELINE;
    case SOF1:
        return DCM_STREAM_JPEG_EXTENDED;
    case SOF2:
        return DCM_STREAM_JPEG_PROGRESSIVE;
    case SOF3:
        return DCM_STREAM_JPEG_LOSSLESS;
    case SOF55:
        return DCM_STREAM_JPEG_LS;
    default:
        return DCM_STREAM_JPEG_OTHER;
    }
}

/* Sampling factors: a component has fewer samples than the image if its own are not the largest. */
static void read_components(const segment *s, uint32_t n, dcm_codestream *out) {
    uint8_t hmax = 0, vmax = 0, hmin = 15, vmin = 15;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *const c = s->payload + 6 + 3 * i;
        const uint8_t h = c[1] >> 4, v = c[1] & 15;
        if (i < 4) {
            out->component_ids[i] = c[0];
            out->h[i] = h;
            out->v[i] = v;
        }
        hmax = h > hmax ? h : hmax;
        vmax = v > vmax ? v : vmax;
        hmin = h < hmin ? h : hmin;
        vmin = v < vmin ? v : vmin;
    }
    out->subsampled = hmin != hmax || vmin != vmax;
    if (hmin < 1 || vmin < 1 || hmax > 4 || vmax > 4) dcm_stream_note(out, DCM_STREAM_SAMPLING, s->offset);
}

/* T.81 table B.2, T.87 table C.1. */
static bool is_precision(uint8_t marker, uint8_t precision) {
    if (marker == SOF0) return precision == 8;
    if (marker == DHP || marker == SOF55 || (marker & 3) == 3) return precision >= 2 && precision <= 16;
    return precision == 8 || precision == 12;
}

/* SOFn and DHP, which is alike. DCM_STREAM_SOUND, or why nothing can be known of the image. T.81 §B.2.2. */
static dcm_stream_fault read_frame(const segment *s, dcm_codestream *out) {
    const bool hierarchical = out->kind == DCM_STREAM_JPEG_OTHER && out->samples != 0;
    if (hierarchical && out->sof == DCM_NO_SOF && s->marker != DHP) {
        /* the first frame under a DHP, which has told the sizes of the whole image: T.81 §B.3 */
        out->sof = (uint8_t)(s->marker - SOF0);
        return DCM_STREAM_SOUND;
    }
    if (out->samples) {
        dcm_stream_note(out, DCM_STREAM_FRAMES, s->offset);
        return DCM_STREAM_SOUND;
    }
    if (s->nbytes < 6) return DCM_STREAM_SEGMENT;
    const uint8_t *const p = s->payload;
    const uint32_t n = p[5];
    if (n == 0) return DCM_STREAM_COMPONENTS;
    if (s->nbytes < 6 + 3 * n) return DCM_STREAM_SEGMENT;
    const uint32_t rows = dcm_load_u16be(p + 1), columns = dcm_load_u16be(p + 3);
    const bool jpeg_ls = s->marker == SOF55;
    if (columns == 0 && !jpeg_ls) return DCM_STREAM_SIZES; /* JPEG-LS may tell by an LSE segment */
    if (!is_precision(s->marker, p[0])) dcm_stream_note(out, DCM_STREAM_PRECISION, s->offset);

    out->kind = kind_of_sof(s->marker);
    if (s->marker != DHP) out->sof = jpeg_ls ? 55 : (uint8_t)(s->marker - SOF0);
    out->precision = p[0];
    out->samples = (uint16_t)n;
    out->rows = rows;
    out->columns = columns;
    out->dnl = rows == 0;
    /* SOF3, 7, 11 and 15 are the lossless ones; whether JPEG-LS is, its scan tells */
    if (!jpeg_ls && s->marker != DHP) out->lossless = (out->sof & 3) == 3;
    read_components(s, n, out);
    return DCM_STREAM_SOUND;
}

static bool starts_with(const segment *s, const char *name, uint32_t n) {
    return s->nbytes >= n && memcmp(s->payload, name, n) == 0;
}

static void read_application(const segment *s, dcm_codestream *out) {
    if (s->marker == APP0 && starts_with(s, "JFIF", 5)) out->jfif = true;
    if (s->marker == APP14 && starts_with(s, "Adobe", 5) && s->nbytes >= 12)
        out->adobe_transform = (int8_t)(s->payload[11] & 0x7F);
    if (s->marker == APP8 && starts_with(s, "SPIFF", 6) && s->nbytes >= 19)
        out->spiff_colour = (int8_t)(s->payload[18] & 0x7F);
    if (s->marker == APP8 && starts_with(s, "mrfx", 4) && s->nbytes >= 5) out->hp_transform = s->payload[4];
}

static uint32_t load_be(const uint8_t *p, uint32_t nbytes) {
    uint32_t value = 0;
    for (uint32_t i = 0; i < nbytes; i++)
        value = value << 8 | p[i];
    return value;
}

/* JPEG-LS preset parameters. T.87 §C.2.4.1. */
static void read_lse(const segment *s, dcm_codestream *out) {
    if (s->nbytes < 1) return;
    const uint8_t id = s->payload[0];
    if (id == 1) out->jls_preset = true;
    if (id == 2 || id == 3) out->jls_mapping_table = true;
    if (id == 4 && s->nbytes >= 2) { /* sizes that do not fit into the frame header before it */
        const uint32_t width = s->payload[1];
        if (width < 1 || width > 4 || s->nbytes < 2 + 2 * width) {
            dcm_stream_note(out, DCM_STREAM_SEGMENT, s->offset);
            return;
        }
        const uint32_t rows = load_be(s->payload + 2, width),
                       columns = load_be(s->payload + 2 + width, width);
        if (out->kind != DCM_STREAM_JPEG_LS || out->columns || rows == 0 || columns == 0) return;
        out->rows = rows;
        out->columns = columns;
        out->dnl = false;
    }
}

static void read_restart(const segment *s, dcm_codestream *out) {
    if (s->nbytes >= 2 && s->nbytes <= 4) /* 3 and 4 bytes: T.87 §C.2.5 */
        out->restart_interval = load_be(s->payload, s->nbytes);
    else
        dcm_stream_note(out, DCM_STREAM_SEGMENT, s->offset);
}

/* The first scan: T.81 §B.2.3, T.87 §C.2.3. */
static void read_scan(const segment *s, dcm_codestream *out) {
    const uint32_t n = s->nbytes ? s->payload[0] : 0;
    if (n == 0 || n > out->samples) dcm_stream_note(out, DCM_STREAM_COMPONENTS, s->offset);
    if (s->nbytes < 4 + 2 * n) {
        dcm_stream_note(out, DCM_STREAM_SEGMENT, s->offset);
        return;
    }
    const uint8_t *const last = s->payload + 1 + 2 * n;
    out->scan_components = (uint8_t)n;
    if (out->kind == DCM_STREAM_JPEG_LS) {
        out->near = last[0];
        out->interleave = last[1];
        out->point_transform = last[2] & 15;
        out->lossless = out->near == 0;
        for (uint32_t i = 0; i < n; i++)
            if (s->payload[2 + 2 * i]) out->jls_mapping_table = true;
    } else if (out->lossless == 1) {
        out->predictor = last[0];
        out->point_transform = last[2] & 15;
    }
}

/* Everything but frame and scan headers. */
static void read_other(const segment *s, dcm_codestream *out) {
    switch (s->marker) {
    case APP0:
    case APP8:
    case APP14:
        read_application(s, out);
        break;
    case DRI:
        read_restart(s, out);
        break;
    case LSE:
        read_lse(s, out);
        break;
    default:
        break;
    }
}

dcm_status dcm_codestream_read_jpeg(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    uint64_t pos = out->codestream_offset + 2;
    out->kind = DCM_STREAM_JPEG_OTHER;
    for (;;) {
        segment s;
        s.marker = next_marker(in, in_nbytes, &pos, out);
        if (s.marker == 0) return dcm_stream_stop(out, DCM_STREAM_NO_MARKER, pos);
        s.offset = pos - 2;
        if (s.marker == EOI)
            return dcm_stream_stop(out, out->samples ? DCM_STREAM_NO_SCAN : DCM_STREAM_NO_FRAME, s.offset);
        if (is_standalone(s.marker)) {
            if (s.marker != TEM) dcm_stream_note(out, DCM_STREAM_NO_MARKER, s.offset);
            continue;
        }
        if (in_nbytes - pos < 2) return dcm_stream_stop(out, DCM_STREAM_CUT, s.offset);
        const uint32_t length = dcm_load_u16be(in + pos);
        if (length < 2) return dcm_stream_stop(out, DCM_STREAM_SEGMENT, s.offset);
        if (length > in_nbytes - pos) return dcm_stream_stop(out, DCM_STREAM_CUT, s.offset);
        s.payload = in + pos + 2;
        s.nbytes = length - 2;
        pos += length;

        if (is_sof(s.marker) || s.marker == DHP) {
            dcm_stream_fault fault = read_frame(&s, out);
            if (fault != DCM_STREAM_SOUND) return dcm_stream_stop(out, fault, s.offset);
        } else if (s.marker == SOS) {
            if (out->samples == 0) return dcm_stream_stop(out, DCM_STREAM_NO_FRAME, s.offset);
            if (out->columns == 0) return dcm_stream_stop(out, DCM_STREAM_SIZES, s.offset);
            read_scan(&s, out);
            out->header_nbytes = pos;
            out->complete = true;
            return DCM_OK;
        } else {
            read_other(&s, out);
        }
    }
}
