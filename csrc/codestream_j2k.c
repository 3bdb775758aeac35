/* The header of JPEG 2000: boxes, the main header, the first tile-part's header. T.800 Annexes A and I,
 * T.814. */
#include "codestream.h"

#define BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

enum {
    SOC = 0xFF4F,
    CAP = 0xFF50,
    SIZ = 0xFF51,
    COD = 0xFF52,
    COC = 0xFF53,
    SOT = 0xFF90,
    SOD = 0xFF93,
    EOC = 0xFFD9,
};

#define MAX_COMPONENTS 16384u
#define MAX_PRECISION 38u
#define PCAP_HT 0x00020000u /* Pcap15: Part 15 is needed. T.814 §A.3 */
#define STYLE_HT 0x40u      /* of code-blocks: T.814 §A.4 */

/* SIZ: the sizes and the components. T.800 §A.5.1. DCM_STREAM_SOUND, or why nothing can be known. */
static dcm_stream_fault read_siz(const uint8_t *p, uint32_t nbytes, uint64_t offset, dcm_codestream *out) {
    if (nbytes < 36) return DCM_STREAM_SEGMENT;
    const uint32_t n = dcm_load_u16be(p + 34);
    if (n == 0 || n > MAX_COMPONENTS) return DCM_STREAM_COMPONENTS;
    if (nbytes < 36 + 3 * n) return DCM_STREAM_SEGMENT;
    const uint32_t x = dcm_load_u32be(p + 2), y = dcm_load_u32be(p + 6);
    out->x_offset = dcm_load_u32be(p + 10);
    out->y_offset = dcm_load_u32be(p + 14);
    if (x <= out->x_offset || y <= out->y_offset) return DCM_STREAM_SIZES;
    out->columns = x - out->x_offset;
    out->rows = y - out->y_offset;
    out->tile_columns = dcm_load_u32be(p + 18);
    out->tile_rows = dcm_load_u32be(p + 22);
    const uint32_t tile_x = dcm_load_u32be(p + 26), tile_y = dcm_load_u32be(p + 30);
    /* the first tile holds the image's upper left corner */
    if (tile_x > out->x_offset || tile_y > out->y_offset || out->tile_columns <= out->x_offset - tile_x ||
        out->tile_rows <= out->y_offset - tile_y)
        dcm_stream_note(out, DCM_STREAM_TILES, offset);

    const uint8_t depth = p[36];
    out->samples = (uint16_t)n;
    out->is_signed = depth & 0x80;
    out->precision = (uint8_t)((depth & 0x7F) + 1);
    if (out->precision > MAX_PRECISION) dcm_stream_note(out, DCM_STREAM_PRECISION, offset);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *const c = p + 36 + 3 * i;
        if (c[0] != depth) out->differs = true;
        if (c[1] != 1 || c[2] != 1) out->subsampled = true;
        if (c[1] == 0 || c[2] == 0) dcm_stream_note(out, DCM_STREAM_SAMPLING, offset);
        if (i < 4) {
            out->h[i] = c[1];
            out->v[i] = c[2];
        }
    }
    return DCM_STREAM_SOUND;
}

/* What COD and COC have in common, from the number of levels on: 5 bytes. T.800 §A.6.1. */
static void read_style(const uint8_t *p, dcm_codestream *out) {
    if (p[3] & STYLE_HT) out->kind = DCM_STREAM_HTJ2K;
    if (p[4] == 0) out->lossless = 0; /* 9/7: one lossy component makes a lossy image */
    if (p[4] == 1 && out->lossless != 0) out->lossless = 1;
}

static void read_cod(const uint8_t *p, uint32_t nbytes, uint64_t offset, dcm_codestream *out) {
    if (nbytes < 10) {
        dcm_stream_note(out, DCM_STREAM_SEGMENT, offset);
        return;
    }
    out->progression = p[1];
    out->layers = dcm_load_u16be(p + 2);
    out->mct = p[4] & 1;
    out->levels = p[5];
    read_style(p + 5, out);
}

static void read_coc(const uint8_t *p, uint32_t nbytes, uint64_t offset, dcm_codestream *out) {
    const uint32_t index_nbytes = out->samples < 257 ? 1 : 2;
    if (nbytes < index_nbytes + 6)
        dcm_stream_note(out, DCM_STREAM_SEGMENT, offset);
    else
        read_style(p + index_nbytes + 1, out);
}

dcm_status dcm_codestream_read_j2k(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    uint64_t pos = out->codestream_offset + 2; /* behind SOC: SIZ must come next */
    const uint64_t end = out->codestream_offset + out->codestream_nbytes;
    bool in_tile = false, has_cod = false;
    (void)in_nbytes;
    out->kind = DCM_STREAM_J2K;
    for (;;) {
        const uint64_t offset = pos;
        if (end - pos < 2) return dcm_stream_stop(out, DCM_STREAM_CUT, offset);
        const uint32_t marker = dcm_load_u16be(in + pos);
        pos += 2;
        if (marker == SOD && in_tile) {
            out->header_nbytes = pos;
            out->complete = true;
            return DCM_OK;
        }
        if (marker >= 0xFF30 && marker <= 0xFF3F) continue; /* they have no length: T.800 §A.1.3 */
        if (marker < 0xFF01 || marker == SOC || marker == SOD || marker == EOC)
            return dcm_stream_stop(out, DCM_STREAM_NO_MARKER, offset);
        if (end - pos < 2) return dcm_stream_stop(out, DCM_STREAM_CUT, offset);
        const uint32_t length = dcm_load_u16be(in + pos);
        if (length < 2) return dcm_stream_stop(out, DCM_STREAM_SEGMENT, offset);
        if (length > end - pos) return dcm_stream_stop(out, DCM_STREAM_CUT, offset);
        const uint8_t *const p = in + pos + 2;
        const uint32_t nbytes = length - 2;
        pos += length;

        if (out->samples == 0) {
            if (marker != SIZ) return dcm_stream_stop(out, DCM_STREAM_NO_FRAME, offset);
            const dcm_stream_fault fault = read_siz(p, nbytes, offset, out);
            if (fault != DCM_STREAM_SOUND) return dcm_stream_stop(out, fault, offset);
        } else if (marker == SIZ) {
            dcm_stream_note(out, DCM_STREAM_FRAMES, offset);
        } else if (marker == CAP) {
            if (nbytes >= 4 && dcm_load_u32be(p) & PCAP_HT) out->kind = DCM_STREAM_HTJ2K;
        } else if (marker == COD) {
            has_cod = true;
            read_cod(p, nbytes, offset, out);
        } else if (marker == COC) {
            read_coc(p, nbytes, offset, out);
        } else if (marker == SOT) {
            if (!has_cod) dcm_stream_note(out, DCM_STREAM_NO_STYLE, offset);
            in_tile = true;
        }
    }
}

/* Boxes up to the codestream. The one superbox that matters, jp2h, is stepped into, the others over. */
dcm_status dcm_codestream_read_jp2(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    uint64_t pos = out->codestream_offset;
    out->kind = DCM_STREAM_J2K;
    out->jp2 = true;
    while (pos < in_nbytes) {
        dcm_stream_box box;
        if (!dcm_stream_box_at(in, in_nbytes, pos, &box, out))
            return dcm_stream_stop(out, DCM_STREAM_BOX, pos);
        const uint8_t *const p = in + box.content;
        const uint64_t nbytes = box.end - box.content;
        pos = box.end;
        if (box.type == BOX('j', 'p', '2', 'c')) {
            if (nbytes < 4 || dcm_load_u32be(p) != 0xFF4FFF51u)
                return dcm_stream_stop(out, DCM_STREAM_NO_CODESTREAM, box.content);
            out->codestream_offset = box.content;
            out->codestream_nbytes = nbytes;
            return dcm_codestream_read_j2k(in, in_nbytes, out);
        }
        if (box.type == BOX('j', 'p', '2', 'h'))
            pos = box.content;
        else if (box.type == BOX('p', 'c', 'l', 'r'))
            out->jp2_palette = true;
        else if (box.type == BOX('c', 'o', 'l', 'r') && nbytes >= 7 && p[0] == 1 && out->enumcs == 0)
            out->enumcs = dcm_load_u32be(p + 3);
    }
    return dcm_stream_stop(out, DCM_STREAM_NO_CODESTREAM, in_nbytes);
}
