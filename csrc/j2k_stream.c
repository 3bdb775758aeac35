/* JPEG 2000: main header, tile-part headers, packed packet headers. ITU-T T.800 Annex A. */
#include "j2k_stream.h"

#include <stdlib.h>

enum {
    SOC = 0xFF4F,
    CAP = 0xFF50,
    SIZ = 0xFF51,
    COD = 0xFF52,
    COC = 0xFF53,
    QCD = 0xFF5C,
    QCC = 0xFF5D,
    RGN = 0xFF5E,
    POC = 0xFF5F,
    PPM = 0xFF60,
    PPT = 0xFF61,
    SOT = 0xFF90,
    SOD = 0xFF93,
    EOC = 0xFFD9,
};

#define HT_BLOCKS 0x40u   /* of a block style: T.814 */
#define SOT_NBYTES 12u    /* the marker included */
#define MAX_NTILES 65535u /* Isot has 16 bits */

typedef struct segment {
    uint32_t marker;
    const uint8_t *p; /* behind its length */
    uint32_t nbytes;  /* from there */
    uint64_t offset;  /* of the marker */
    uint64_t next;
} segment;

bool dcm_j2k_refuse(dcm_j2k_stream *s, dcm_j2k_fault fault, uint64_t offset) {
    s->fault = fault;
    s->fault_offset = offset;
    return false;
}

bool dcm_j2k_grow(void *array, uint64_t need, uint64_t item_nbytes, uint32_t *capacity) {
    if (need <= *capacity) return true;
    uint64_t n = need + need / 2 + 16;
    if (n > UINT32_MAX) return false;
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = realloc(old, n * item_nbytes);
    if (!grown) return false;
    memcpy(array, &grown, sizeof grown);
    *capacity = (uint32_t)n;
    return true;
}

/* The marker segment at an offset, up to the end of a header. False with a fault if none is there. */
static bool read_segment(dcm_j2k_stream *s, uint64_t at, uint64_t end, segment *out) {
    if (end - at < 2) return dcm_j2k_refuse(s, DCM_J2K_CUT, at);
    out->marker = dcm_load_u16be(s->in + at);
    out->offset = at;
    if (out->marker < 0xFF01) return dcm_j2k_refuse(s, DCM_J2K_NO_MARKER, at);
    if (out->marker == SOD || out->marker == EOC || (out->marker >= 0xFF30 && out->marker <= 0xFF3F)) {
        out->nbytes = 0, out->p = s->in + at + 2, out->next = at + 2;
        return true;
    }
    if (end - at < 4) return dcm_j2k_refuse(s, DCM_J2K_CUT, at);
    const uint32_t length = dcm_load_u16be(s->in + at + 2);
    if (length < 2) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, at);
    if (end - at - 2 < length) return dcm_j2k_refuse(s, DCM_J2K_CUT, at);
    out->p = s->in + at + 4;
    out->nbytes = length - 2;
    out->next = at + 2 + length;
    return true;
}

/* §A.5.1 */
static bool read_siz(dcm_j2k_stream *s, const segment *g) {
    const uint8_t *const p = g->p;
    if (g->nbytes < 36) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    s->x1 = dcm_load_u32be(p + 2), s->y1 = dcm_load_u32be(p + 6);
    s->x0 = dcm_load_u32be(p + 10), s->y0 = dcm_load_u32be(p + 14);
    s->tile_width = dcm_load_u32be(p + 18), s->tile_height = dcm_load_u32be(p + 22);
    s->tile_x0 = dcm_load_u32be(p + 26), s->tile_y0 = dcm_load_u32be(p + 30);
    s->samples = dcm_load_u16be(p + 34);
    if (s->x0 >= s->x1 || s->y0 >= s->y1 || s->tile_width == 0 || s->tile_height == 0 || s->tile_x0 > s->x0 ||
        s->tile_y0 > s->y0 || (uint64_t)s->tile_x0 + s->tile_width <= s->x0 ||
        (uint64_t)s->tile_y0 + s->tile_height <= s->y0)
        return dcm_j2k_refuse(s, DCM_J2K_SIZES, g->offset);
    const uint64_t ncolumns = ((uint64_t)s->x1 - s->tile_x0 + s->tile_width - 1) / s->tile_width,
                   nrows = ((uint64_t)s->y1 - s->tile_y0 + s->tile_height - 1) / s->tile_height;
    if (ncolumns > MAX_NTILES || nrows > MAX_NTILES || ncolumns * nrows > MAX_NTILES || s->x1 > INT32_MAX ||
        s->y1 > INT32_MAX)
        return dcm_j2k_refuse(s, DCM_J2K_SIZES, g->offset);
    s->tile_ncolumns = (uint32_t)ncolumns, s->tile_nrows = (uint32_t)nrows;
    if (s->samples < 1 || s->samples > DCM_J2K_MAX_SAMPLES)
        return dcm_j2k_refuse(s, DCM_J2K_UNSUPPORTED, g->offset);
    if (g->nbytes < 36 + 3 * s->samples) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    for (uint32_t i = 0; i < s->samples; i++) {
        const uint8_t *const c = p + 36 + 3 * i;
        s->is_signed[i] = c[0] >> 7;
        s->precision[i] = (uint8_t)((c[0] & 0x7F) + 1);
        if (s->precision[i] > 16 || c[1] != 1 || c[2] != 1)
            return dcm_j2k_refuse(s, DCM_J2K_UNSUPPORTED, g->offset);
    }
    return true;
}

/* SPcod and SPcoc. Table A.15 */
static bool read_style(dcm_j2k_stream *s, const segment *g, const uint8_t *p, bool has_precincts,
                       dcm_j2k_style *out) {
    const uint64_t left = (uint64_t)(g->p + g->nbytes - p);
    if (left < 5) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    out->levels = p[0];
    out->block_width_log2 = (uint8_t)((p[1] & 15) + 2), out->block_height_log2 = (uint8_t)((p[2] & 15) + 2);
    out->block_style = p[3];
    out->reversible = p[4] == 1;
    if (p[3] & HT_BLOCKS) return dcm_j2k_refuse(s, DCM_J2K_UNSUPPORTED, g->offset);
    if (out->levels > DCM_J2K_MAX_LEVELS || out->block_width_log2 > 10 || out->block_height_log2 > 10 ||
        out->block_width_log2 + out->block_height_log2 > 12 || p[4] > 1)
        return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    if (has_precincts && left < 6u + out->levels) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    for (uint32_t r = 0; r <= out->levels; r++) {
        out->precincts[r] = has_precincts ? p[5 + r] : 0xFF;
        /* only the lowest resolution can have precincts of one sample */
        if (r && (!(out->precincts[r] & 0x0F) || !(out->precincts[r] & 0xF0)))
            return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    }
    return true;
}

/* §A.6.1 */
static bool read_cod(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    dcm_j2k_style style;
    const uint8_t rank = of_tile ? 3 : 1;
    if (g->nbytes < 10) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    if (!read_style(s, g, g->p + 5, g->p[0] & 1, &style)) return false;
    out->order = g->p[1];
    out->layers = dcm_load_u16be(g->p + 2);
    out->mct = g->p[4] == 1;
    if (out->order > 4 || out->layers == 0 || g->p[4] > 1)
        return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    for (uint32_t i = 0; i < s->samples; i++)
        if (out->style_rank[i] <= rank) out->styles[i] = style, out->style_rank[i] = rank;
    return true;
}

/* SIZ says how many bytes a component's number has: one, up to 256 components. §A.6.2 */
static bool read_coc(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    if (g->nbytes < 7) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    const uint32_t i = g->p[0];
    if (i >= s->samples) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    out->style_rank[i] = of_tile ? 4 : out->style_rank[i] > 2 ? out->style_rank[i] : 2;
    return read_style(s, g, g->p + 2, g->p[1] & 1, &out->styles[i]);
}

/* Table A.27 */
static bool read_steps(dcm_j2k_stream *s, const segment *g, uint32_t skip, dcm_j2k_steps *out) {
    const uint8_t *const p = g->p + skip;
    if (g->nbytes < skip + 2) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    const uint32_t left = g->nbytes - skip - 1, size = p[0] & 31 ? 2 : 1, n = left / size;
    out->style = p[0] & 31;
    out->guard = p[0] >> 5;
    if (out->style > 2 || n == 0) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    out->nsteps = (uint8_t)(n < 97 ? n : 97);
    for (uint32_t i = 0; i < out->nsteps; i++)
        out->steps[i] = size == 2 ? dcm_load_u16be(p + 1 + 2 * i) : (uint16_t)(p[1 + i] >> 3 << 11);
    return true;
}

/* §A.6.4, §A.6.5 */
static bool read_qcd(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    dcm_j2k_steps steps;
    const uint8_t rank = of_tile ? 3 : 1;
    if (!read_steps(s, g, 0, &steps)) return false;
    for (uint32_t i = 0; i < s->samples; i++)
        if (out->steps_rank[i] <= rank) out->steps[i] = steps, out->steps_rank[i] = rank;
    return true;
}

static bool read_qcc(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    if (g->nbytes < 3 || g->p[0] >= s->samples) return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
    const uint32_t i = g->p[0];
    out->steps_rank[i] = of_tile ? 4 : out->steps_rank[i] > 2 ? out->steps_rank[i] : 2;
    return read_steps(s, g, 1, &out->steps[i]);
}

/* §A.6.6 */
static bool read_poc(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    if (of_tile && !out->own_progressions) out->own_progressions = true, out->nprogressions = 0;
    for (uint32_t at = 0; g->nbytes - at >= 7; at += 7) {
        const uint8_t *const p = g->p + at;
        if (out->nprogressions == DCM_J2K_MAX_PROGRESSIONS || p[6] > 4)
            return dcm_j2k_refuse(s, DCM_J2K_SEGMENT, g->offset);
        out->progressions[out->nprogressions++] =
            (dcm_j2k_progression){.first_resolution = p[0],
                                  .first_component = p[1],
                                  .end_layer = dcm_load_u16be(p + 2),
                                  .end_resolution = p[4],
                                  .end_component = p[5] ? p[5] : 256, /* 0: all */
                                  .order = p[6]};
    }
    return true;
}

/* A segment that stands in the main header and in those of tile-parts alike. */
static bool read_parameter(dcm_j2k_stream *s, const segment *g, dcm_j2k_parameters *out, bool of_tile) {
    switch (g->marker) {
    case COD:
        return read_cod(s, g, out, of_tile);
    case COC:
        return read_coc(s, g, out, of_tile);
    case QCD:
        return read_qcd(s, g, out, of_tile);
    case QCC:
        return read_qcc(s, g, out, of_tile);
    case POC:
        return read_poc(s, g, out, of_tile);
    case RGN:
        return dcm_j2k_refuse(s, DCM_J2K_UNSUPPORTED, g->offset);
    default:
        return true; /* comments, lengths, and what Part 1 does not know */
    }
}

/* Put the PPM segments of the main header together, by their numbers. §A.7.4 */
static dcm_status join_packed(dcm_j2k_stream *s, const segment *packed, uint64_t total) {
    uint64_t capacity = s->packed_capacity;
    if (total > capacity) {
        uint8_t *const grown = realloc(s->packed, total);
        if (!grown) return DCM_E_NO_MEMORY;
        s->packed = grown, s->packed_capacity = total;
    }
    s->packed_nbytes = 0;
    for (uint32_t i = 0; i < DCM_J2K_MAX_NPACKED; i++) {
        if (!packed[i].p) continue;
        memcpy(s->packed + s->packed_nbytes, packed[i].p + 1, packed[i].nbytes - 1);
        s->packed_nbytes += packed[i].nbytes - 1;
    }
    s->has_packed_headers = total != 0;
    return DCM_OK;
}

/* Gives where the first SOT stands. */
static dcm_status read_main(dcm_j2k_stream *s, uint64_t *at) {
    segment packed[DCM_J2K_MAX_NPACKED] = {{0}};
    uint64_t total = 0;
    segment g;
    bool has_siz = false;
    if (s->in_nbytes < 2 || dcm_load_u16be(s->in) != SOC) {
        dcm_j2k_refuse(s, DCM_J2K_NO_MARKER, 0);
        return DCM_E_ENCODED;
    }
    for (*at = 2;; *at = g.next) {
        bool sound = read_segment(s, *at, s->in_nbytes, &g);
        if (sound && (g.marker == SOT || g.marker == SOD || g.marker == EOC)) break;
        if (sound && !has_siz && g.marker != SIZ && g.marker != CAP)
            sound = dcm_j2k_refuse(s, DCM_J2K_MISSING, *at);
        if (sound && g.marker == SIZ) {
            sound = has_siz ? dcm_j2k_refuse(s, DCM_J2K_SEGMENT, *at) : read_siz(s, &g);
            has_siz = true;
        } else if (sound && g.marker == PPM) {
            if (g.nbytes == 0 || packed[g.p[0]].p) {
                sound = dcm_j2k_refuse(s, DCM_J2K_SEGMENT, *at);
            } else {
                packed[g.p[0]] = g;
                total += g.nbytes - 1;
            }
        } else if (sound) {
            sound = read_parameter(s, &g, &s->main, false);
        }
        if (!sound) return DCM_E_ENCODED;
    }
    if (!has_siz || s->main.style_rank[0] == 0 || s->main.steps_rank[0] == 0) {
        dcm_j2k_refuse(s, DCM_J2K_MISSING, *at);
        return DCM_E_ENCODED;
    }
    return join_packed(s, packed, total);
}

/* The packet headers of the next tile-part, of PPM: their number of bytes, then they. */
static void take_packed(dcm_j2k_stream *s, dcm_j2k_part *part, uint64_t *at) {
    if (s->packed_nbytes - *at < 4) return;
    const uint64_t told = dcm_load_u32be(s->packed + *at), left = s->packed_nbytes - *at - 4;
    part->packed_offset = *at + 4;
    part->packed_nbytes = told < left ? told : left;
    *at += 4 + part->packed_nbytes;
}

/* Step to SOD. */
static bool find_data(dcm_j2k_stream *s, dcm_j2k_part *part) {
    segment g;
    for (uint64_t at = part->headers; read_segment(s, at, part->end, &g); at = g.next) {
        if (g.marker == SOT || g.marker == EOC) return dcm_j2k_refuse(s, DCM_J2K_NO_MARKER, at);
        if (g.marker != SOD) continue;
        part->data = g.next;
        return true;
    }
    return false;
}

/* Tile-parts one after another, up to EOC or the end. §A.4.2 */
static dcm_status read_parts(dcm_j2k_stream *s, uint64_t at) {
    const uint32_t ntiles = s->tile_ncolumns * s->tile_nrows;
    uint64_t packed_at = 0;
    if (!dcm_j2k_grow(&s->first_parts, ntiles, sizeof *s->first_parts, &s->first_parts_capacity))
        return DCM_E_NO_MEMORY;
    for (uint32_t i = 0; i < ntiles; i++)
        s->first_parts[i] = DCM_J2K_NO_PART;
    while (s->in_nbytes - at >= SOT_NBYTES && dcm_load_u16be(s->in + at) == SOT) {
        const uint8_t *const p = s->in + at;
        const uint64_t told = dcm_load_u32be(p + 6), left = s->in_nbytes - at;
        dcm_j2k_part part = {.headers = at + SOT_NBYTES, .tile = dcm_load_u16be(p + 4)};
        if (dcm_load_u16be(p + 2) != 10 || part.tile >= ntiles || (told && told < SOT_NBYTES + 2)) break;
        part.end = told == 0 || told > left ? s->in_nbytes : at + told;
        if (told > left) s->is_short = true;
        if (!find_data(s, &part)) break;
        if (s->has_packed_headers) take_packed(s, &part, &packed_at);
        if (!dcm_j2k_grow(&s->parts, s->nparts + 1u, sizeof *s->parts, &s->parts_capacity))
            return DCM_E_NO_MEMORY;
        /* linked backwards, turned round below */
        part.next = s->first_parts[part.tile];
        s->first_parts[part.tile] = s->nparts;
        s->parts[s->nparts++] = part;
        at = part.end;
        s->fault = DCM_J2K_SOUND;
    }
    for (uint32_t i = 0; i < ntiles; i++) {
        uint32_t turned = DCM_J2K_NO_PART;
        for (uint32_t k = s->first_parts[i], next; k != DCM_J2K_NO_PART; k = next) {
            next = s->parts[k].next;
            s->parts[k].next = turned;
            turned = k;
        }
        s->first_parts[i] = turned;
    }
    if (s->nparts) return DCM_OK;
    if (s->fault == DCM_J2K_SOUND) dcm_j2k_refuse(s, DCM_J2K_NO_TILE, at);
    return DCM_E_ENCODED;
}

dcm_status dcm_j2k_stream_read(dcm_j2k_stream *s, const uint8_t *in, uint64_t in_nbytes) {
    uint64_t at = 0;
    s->in = in, s->in_nbytes = in_nbytes;
    memset(&s->main, 0, sizeof s->main);
    s->is_short = s->has_packed_headers = false;
    s->nparts = 0;
    s->fault = DCM_J2K_SOUND;
    const dcm_status status = read_main(s, &at);
    return status == DCM_OK ? read_parts(s, at) : status;
}

void dcm_j2k_stream_free(dcm_j2k_stream *s) {
    free(s->packed);
    free(s->parts);
    free(s->first_parts);
}

bool dcm_j2k_tile_parameters(dcm_j2k_stream *s, uint32_t tile, dcm_j2k_parameters *out) {
    segment g;
    *out = s->main;
    for (uint32_t k = s->first_parts[tile]; k != DCM_J2K_NO_PART; k = s->parts[k].next)
        for (uint64_t at = s->parts[k].headers;; at = g.next) {
            if (!read_segment(s, at, s->parts[k].data, &g)) return false;
            if (g.marker == SOD) break;
            if (!read_parameter(s, &g, out, true)) return false;
        }
    if (out->nprogressions == 0)
        out->progressions[out->nprogressions++] =
            (dcm_j2k_progression){.order = out->order,
                                  .end_resolution = DCM_J2K_MAX_LEVELS + 1,
                                  .end_component = 256,
                                  .end_layer = out->layers};
    return true;
}

uint32_t dcm_j2k_packed_headers(const dcm_j2k_stream *s, const dcm_j2k_part *part,
                                dcm_j2k_headers out[DCM_J2K_MAX_NPACKED + 1]) {
    dcm_j2k_headers numbered[DCM_J2K_MAX_NPACKED] = {{0}};
    uint32_t n = 0;
    if (part->packed_nbytes)
        out[n++] = (dcm_j2k_headers){s->packed + part->packed_offset, part->packed_nbytes};
    /* find_data went through them before: they are all there */
    for (uint64_t at = part->headers; dcm_load_u16be(s->in + at) != SOD;) {
        const uint32_t marker = dcm_load_u16be(s->in + at);
        const bool is_bare = marker >= 0xFF30 && marker <= 0xFF3F;
        const uint32_t length = is_bare ? 0 : dcm_load_u16be(s->in + at + 2);
        if (marker == PPT && length > 3)
            numbered[s->in[at + 4]] = (dcm_j2k_headers){s->in + at + 5, length - 3};
        at += 2 + (uint64_t)length;
    }
    for (uint32_t i = 0; i < DCM_J2K_MAX_NPACKED; i++)
        if (numbered[i].bytes) out[n++] = numbered[i];
    return n;
}
