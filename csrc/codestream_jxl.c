/* The header of JPEG XL: boxes, sizes, image metadata up to the colour space. ISO/IEC 18181-1 Annex D,
   ISO/IEC 18181-2 §9. */
#include "codestream.h"

#define BOX(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

/* Bits, the least significant of a byte first. Once they are cut, all that is read is 0. */
typedef struct bits {
    const uint8_t *in;
    uint64_t pos, end; /* in bits */
    bool cut;
} bits;

/* n <= 32 bits. */
static uint32_t read_bits(bits *b, uint32_t n) {
    if (n > b->end - b->pos) {
        b->cut = true;
        b->pos = b->end;
        return 0;
    }
    uint64_t value = 0;
    const uint64_t first = b->pos >> 3;
    const uint32_t shift = (uint32_t)(b->pos & 7), nbytes = (shift + n + 7) >> 3; /* at most 5 */
    for (uint32_t i = 0; i < nbytes; i++)
        value |= (uint64_t)b->in[first + i] << 8 * i;
    b->pos += n;
    return (uint32_t)(value >> shift & ((UINT64_C(1) << n) - 1));
}

static bool read_bool(bits *b) {
    return read_bits(b, 1);
}

/* One of four: a number, and as many bits that are added to it. ISO/IEC 18181-1 §B.2.2. */
typedef struct choice {
    uint32_t base[4];
    uint8_t nbits[4];
} choice;

static uint32_t read_choice(bits *b, const choice *c) {
    const uint32_t i = read_bits(b, 2);
    return c->base[i] + read_bits(b, c->nbits[i]);
}

static const choice size_choice = {{1, 1, 1, 1}, {9, 13, 18, 30}};
static const choice preview_size_choice = {{1, 65, 321, 1345}, {6, 8, 10, 12}};
static const choice preview_size8_choice = {{16, 32, 1, 33}, {0, 0, 5, 9}};
static const choice integer_depth_choice = {{8, 10, 12, 1}, {0, 0, 0, 6}};
static const choice float_depth_choice = {{32, 16, 24, 1}, {0, 0, 0, 6}};
static const choice enum_choice = {{0, 1, 2, 18}, {0, 0, 4, 6}};
static const choice nextra_choice = {{0, 1, 2, 1}, {0, 0, 4, 12}};
static const choice dim_shift_choice = {{0, 3, 4, 1}, {0, 0, 0, 3}};
static const choice name_choice = {{0, 0, 16, 48}, {0, 4, 5, 10}};
static const choice cfa_choice = {{1, 0, 3, 19}, {0, 2, 4, 8}};
static const choice tps_numerator_choice = {{100, 1000, 1, 1}, {0, 0, 10, 30}};
static const choice tps_denominator_choice = {{1, 1001, 1, 1}, {0, 0, 8, 10}};
static const choice nloops_choice = {{0, 0, 0, 0}, {0, 3, 16, 32}};

/* Columns by rows and the ratio's number. */
static uint32_t columns_of(uint32_t rows, uint32_t ratio) {
    static const uint8_t of[8][2] = {{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    return (uint32_t)((uint64_t)rows * of[ratio][0] / of[ratio][1]);
}

static void read_size(bits *b, uint32_t *rows, uint32_t *columns) {
    const bool by8 = read_bool(b);
    *rows = by8 ? 8 * (1 + read_bits(b, 5)) : read_choice(b, &size_choice);
    const uint32_t ratio = read_bits(b, 3);
    if (ratio)
        *columns = columns_of(*rows, ratio);
    else
        *columns = by8 ? 8 * (1 + read_bits(b, 5)) : read_choice(b, &size_choice);
}

static void skip_preview(bits *b) {
    const choice *const c = read_bool(b) ? &preview_size8_choice : &preview_size_choice;
    read_choice(b, c);
    if (read_bits(b, 3) == 0) read_choice(b, c);
}

static void skip_animation(bits *b) {
    read_choice(b, &tps_numerator_choice);
    read_choice(b, &tps_denominator_choice);
    read_choice(b, &nloops_choice);
    read_bool(b); /* have_timecodes */
}

static uint32_t read_depth(bits *b, bool *is_float) {
    *is_float = read_bool(b);
    const uint32_t depth = read_choice(b, *is_float ? &float_depth_choice : &integer_depth_choice);
    if (*is_float) read_bits(b, 4); /* bits of the exponent */
    return depth;
}

static void skip_extra_channel(bits *b) {
    enum { ALPHA = 0, SPOT_COLOUR = 2, CFA = 5 };
    bool is_float;
    if (read_bool(b)) return; /* all default */
    const uint32_t type = read_choice(b, &enum_choice);
    read_depth(b, &is_float);
    read_choice(b, &dim_shift_choice);
    for (uint32_t n = read_choice(b, &name_choice); n && !b->cut; n--)
        read_bits(b, 8);
    if (type == ALPHA) read_bool(b); /* alpha_associated */
    if (type == CFA) read_choice(b, &cfa_choice);
    if (type == SPOT_COLOUR) {
        read_bits(b, 32);
        read_bits(b, 32);
    }
}

/* ImageMetadata up to the colour space. ISO/IEC 18181-1 §D.3. */
static void read_metadata(bits *b, dcm_codestream *out) {
    enum { GREY = 1 };
    out->orientation = 1;
    if (read_bool(b)) { /* all default */
        if (b->cut) return;
        out->precision = 8;
        out->samples = 3;
        out->xyb = true;
        return;
    }
    if (read_bool(b)) { /* extra fields */
        uint32_t rows, columns;
        out->orientation = (uint8_t)(1 + read_bits(b, 3));
        if (read_bool(b)) read_size(b, &rows, &columns); /* the size it is meant to be shown at */
        if (read_bool(b)) skip_preview(b);
        if (read_bool(b)) skip_animation(b);
    }
    const uint32_t depth = read_depth(b, &out->is_float);
    if (b->cut) return;
    out->precision = (uint8_t)depth; /* at most 64 */
    read_bool(b);                    /* modular_16bit_buffers */
    const uint32_t nextra = read_choice(b, &nextra_choice);
    for (uint32_t i = 0; i < nextra && !b->cut; i++)
        skip_extra_channel(b);
    const bool xyb = read_bool(b);
    const bool default_colour = read_bool(b);
    if (!default_colour) read_bool(b); /* want_icc */
    const uint32_t colour_space = default_colour ? 0 : read_choice(b, &enum_choice);
    if (b->cut) return;
    out->extra_channels = (uint16_t)nextra;
    out->xyb = xyb;
    out->samples = colour_space == GREY ? 1 : 3;
}

dcm_status dcm_codestream_read_jxl(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    const uint64_t start = out->codestream_offset + 2, end = out->codestream_offset + out->codestream_nbytes;
    uint32_t rows, columns;
    (void)in_nbytes;
    out->kind = DCM_STREAM_JXL;
    const uint64_t left = end - start;
    /* what is read cannot be longer: 4,096 extra channels with long names each are left to be cut */
    bits b = {in + start, 0, 8 * (left < (1u << 20) ? left : (1u << 20)), false};
    read_size(&b, &rows, &columns);
    if (b.cut) return dcm_stream_stop(out, DCM_STREAM_CUT, end);
    if (rows == 0 || columns == 0) return dcm_stream_stop(out, DCM_STREAM_SIZES, start);
    out->rows = rows;
    out->columns = columns;
    read_metadata(&b, out);
    out->header_nbytes = start + ((b.pos + 7) >> 3);
    if (b.cut) return dcm_stream_stop(out, DCM_STREAM_CUT, out->header_nbytes);
    if (out->xyb || out->jxl_jpeg) out->lossless = 0; /* otherwise each frame may be either */
    out->complete = true;
    return DCM_OK;
}

/* Whether a box behind the one that was read rebuilds a JPEG: it stands near if there is one. */
static void find_jpeg(const uint8_t *in, uint64_t in_nbytes, uint64_t pos, dcm_codestream *out) {
    dcm_stream_box box;
    for (int i = 0; i < 4 && pos < in_nbytes; i++, pos = box.end) {
        if (!dcm_stream_box_at(in, in_nbytes, pos, &box, out)) return;
        if (box.type == BOX('j', 'b', 'r', 'd')) out->jxl_jpeg = true;
    }
    if (out->jxl_jpeg) out->lossless = 0;
}

/* Boxes up to the codestream or the first part of it. ISO/IEC 18181-2 §9. */
dcm_status dcm_codestream_read_jxl_boxes(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    uint64_t pos = out->codestream_offset;
    out->kind = DCM_STREAM_JXL;
    out->jxl_container = true;
    while (pos < in_nbytes) {
        dcm_stream_box box;
        if (!dcm_stream_box_at(in, in_nbytes, pos, &box, out))
            return dcm_stream_stop(out, DCM_STREAM_BOX, pos);
        const bool part = box.type == BOX('j', 'x', 'l', 'p');
        if (box.type == BOX('j', 'b', 'r', 'd')) out->jxl_jpeg = true;
        if (part || box.type == BOX('j', 'x', 'l', 'c')) {
            const uint64_t nbytes = box.end - box.content, ahead = part ? 4 : 0; /* the part's number */
            if (nbytes < ahead + 2) return dcm_stream_stop(out, DCM_STREAM_CUT, box.content);
            if (dcm_load_u16be(in + box.content + ahead) != 0xFF0A)
                return dcm_stream_stop(out, DCM_STREAM_NO_CODESTREAM, box.content);
            out->codestream_offset = box.content + ahead;
            out->codestream_nbytes = nbytes - ahead;
            const dcm_status status = dcm_codestream_read_jxl(in, in_nbytes, out);
            if (status == DCM_OK) find_jpeg(in, in_nbytes, box.end, out);
            return status;
        }
        pos = box.end;
    }
    return dcm_stream_stop(out, DCM_STREAM_NO_CODESTREAM, in_nbytes);
}
