/* Headers of compressed frames, written byte by byte. T.81 Annex B, T.87 Annex C, T.800 Annexes A and I,
   ISO/IEC 18181-1 Annex D. */
#include "check.h"
#include "codestream.h"

#include <stdlib.h>

/* Bytes of hexadecimal digits, in a block of exact size. */
typedef struct made {
    uint8_t *bytes;
    uint64_t nbytes;
} made;

static unsigned digit(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static made from_hex(const char *text) {
    made m = {malloc(strlen(text) / 2 + 1), 0};
    if (!m.bytes) abort();
    for (; *text; text++) {
        if (*text == ' ') continue;
        m.bytes[m.nbytes++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
        text++;
    }
    m.bytes = realloc(m.bytes, m.nbytes ? m.nbytes : 1);
    if (!m.bytes) abort();
    return m;
}

static bool is_inside(const dcm_codestream *c, uint64_t nbytes) {
    return c->codestream_offset <= nbytes && c->codestream_nbytes <= nbytes - c->codestream_offset &&
           c->header_nbytes <= nbytes && c->fault_offset <= nbytes;
}

/* Every beginning of a header, in a block of exact size: inside its bytes, and the sizes as in the whole. */
static void check_cuts(const uint8_t *bytes, uint64_t nbytes, const dcm_codestream *whole) {
    for (uint64_t n = 0; n < nbytes; n++) {
        uint8_t *p = malloc(n ? n : 1);
        if (!p) abort();
        memcpy(p, bytes, n);
        dcm_codestream c;
        dcm_status status = dcm_codestream_read(p, n, &c);
        CHECK(is_inside(&c, n));
        CHECK(status == DCM_OK || (status == DCM_E_ENCODED && c.fault != DCM_STREAM_SOUND));
        if (status == DCM_OK && c.kind != DCM_STREAM_NONE) {
            CHECK(c.columns == whole->columns);
            CHECK(c.rows == whole->rows || whole->dnl);
            CHECK(c.complete || c.fault != DCM_STREAM_SOUND);
        }
        free(p);
    }
}

static dcm_codestream read_made(made m, dcm_status expected) {
    dcm_codestream c, again;
    dcm_status status = dcm_codestream_read(m.bytes, m.nbytes, &c);
    CHECK(status == expected);
    CHECK(is_inside(&c, m.nbytes));
    CHECK(dcm_codestream_read_guarded(m.bytes, m.nbytes, &again) == status);
    CHECK(again.header_nbytes == c.header_nbytes && again.kind == c.kind && again.fault == c.fault);
    if (status == DCM_OK && c.kind != DCM_STREAM_NONE) check_cuts(m.bytes, m.nbytes, &c);
    free(m.bytes);
    return c;
}

static dcm_codestream read_hex(const char *text) {
    return read_made(from_hex(text), DCM_OK);
}

static void is_refused(const char *text, dcm_stream_fault fault, uint64_t offset) {
    dcm_codestream c = read_made(from_hex(text), DCM_E_ENCODED);
    CHECK(c.fault == fault);
    CHECK(c.fault_offset == offset);
    CHECK(c.columns == 0);
}

static void is_noted(const char *text, dcm_stream_fault fault, uint64_t offset) {
    dcm_codestream c = read_hex(text);
    CHECK(c.fault == fault);
    CHECK(c.fault_offset == offset);
    CHECK(c.columns != 0);
}

#define SOF1(marker, precision) "FF" marker " 000B " precision " 0102 0304 01 01 11 00 "
#define SOS1 "FFDA 0008 01 01 00 00 3F 00 "
#define JPEG1 "FFD8 " SOF1("C0", "08") SOS1 "1234 FFD9"

static void frame_headers_tell_sizes_and_process(void) {
    static const struct {
        const char *text;
        int kind, sof, lossless;
    } all[] = {
        {"FFD8 " SOF1("C0", "08") SOS1, DCM_STREAM_JPEG_BASELINE, 0, 0},
        {"FFD8 " SOF1("C1", "08") SOS1, DCM_STREAM_JPEG_EXTENDED, 1, 0},
        {"FFD8 " SOF1("C2", "08") SOS1, DCM_STREAM_JPEG_PROGRESSIVE, 2, 0},
        {"FFD8 " SOF1("C3", "08") SOS1, DCM_STREAM_JPEG_LOSSLESS, 3, 1},
        {"FFD8 " SOF1("C9", "08") SOS1, DCM_STREAM_JPEG_OTHER, 9, 0},
        {"FFD8 " SOF1("CB", "08") SOS1, DCM_STREAM_JPEG_OTHER, 11, 1},
        {"FFD8 " SOF1("F7", "08") "FFDA 0008 01 01 00 00 00 00", DCM_STREAM_JPEG_LS, 55, 1},
        {"FFD8 " SOF1("F7", "08") "FFDA 0008 01 01 00 02 00 00", DCM_STREAM_JPEG_LS, 55, 0},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        dcm_codestream c = read_hex(all[i].text);
        CHECK(c.kind == all[i].kind && c.sof == all[i].sof && c.lossless == all[i].lossless);
        CHECK(c.rows == 0x0102 && c.columns == 0x0304 && c.samples == 1 && c.precision == 8);
        CHECK(c.complete && c.fault == DCM_STREAM_SOUND && !c.eoi && c.header_nbytes == 25);
        CHECK(c.scan_components == 1 && !c.subsampled && c.adobe_transform == -1);
    }
}

static void lossless_scans_tell_predictor_and_point_transform(void) {
    dcm_codestream c = read_hex("FFD8 " SOF1("C3", "10") "FFDA 0008 01 01 00 06 00 02 1234 FFD9");
    CHECK(c.predictor == 6 && c.point_transform == 2 && c.precision == 16 && c.eoi);
}

static void components_tell_identifiers_and_sampling(void) {
    dcm_codestream c = read_hex("FFD8 FFC0 0011 08 0010 0020 03 52 21 00 47 11 00 42 11 00 "
                                "FFDA 0008 01 52 00 00 3F 00");
    CHECK(c.samples == 3 && memcmp(c.component_ids, "RGB", 3) == 0 && c.subsampled);
    CHECK(c.h[0] == 2 && c.v[0] == 1 && c.h[1] == 1 && c.v[2] == 1 && c.scan_components == 1);
}

static void segments_before_the_frame_are_read(void) {
    dcm_codestream c = read_hex(
        "FFD8 FFE0 0010 4A46494600 0102 00 0001 0001 00 00 FFFFFFEE 000E 41646F6265 0064 0000 0000 01 "
        "FF01 FFFE 0004 FFD9 FFDD 0004 0123 FFC4 0003 00 " SOF1("C0", "08") SOS1);
    CHECK(c.jfif && c.adobe_transform == 1 && c.restart_interval == 0x123 && c.fault == DCM_STREAM_SOUND);
    CHECK(c.rows == 0x0102);
    /* an Adobe segment that is too short says nothing */
    c = read_hex("FFD8 FFEE 000C 41646F6265 0064 0000 00 " SOF1("C0", "08") SOS1);
    CHECK(c.adobe_transform == -1 && c.complete);
}

static void rows_may_stand_behind_the_scan(void) {
    dcm_codestream c =
        read_hex("FFD8 FFC0 000B 08 0000 0304 01 01 11 00 " SOS1 "1234 FFDC 0004 0102 FFD9 00");
    CHECK(c.dnl && c.rows == 0x0102 && c.columns == 0x0304 && c.eoi);
    c = read_hex("FFD8 FFC0 000B 08 0000 0304 01 01 11 00 " SOS1 "1234 FFD9");
    CHECK(c.dnl && c.rows == 0 && c.columns == 0x0304);
}

static void jpeg_ls_segments_are_read(void) {
    dcm_codestream c =
        read_hex("FFD8 FFE8 0007 6D726678 02 FFF7 0011 08 0004 0005 03 01 11 00 02 11 00 03 11 00 "
                 "FFF8 000D 01 00FF 0003 0007 0015 0040 FFDD 0006 00010203 "
                 "FFDA 000C 03 01 00 02 00 03 00 01 02 01");
    CHECK(c.kind == DCM_STREAM_JPEG_LS && c.hp_transform == 2 && c.jls_preset && !c.jls_mapping_table);
    CHECK(c.near == 1 && c.interleave == 2 && c.point_transform == 1 && c.lossless == 0);
    CHECK(c.restart_interval == 0x010203 && c.scan_components == 3 && c.samples == 3);
    /* sizes beyond 65,535 stand in a segment of their own; a mapping table is selected */
    c = read_hex("FFD8 FFF7 000B 08 0000 0000 01 01 11 00 FFF8 000A 04 03 010000 020001 "
                 "FFDA 0008 01 01 05 00 00 00");
    CHECK(c.rows == 0x010000 && c.columns == 0x020001 && c.jls_mapping_table && !c.dnl);
    c = read_hex("FFD8 FFE8 0020 535049464600 0100 00 03 00000004 00000005 0A 08 06 01 00000001 00000001 "
                 "FFF7 000B 08 0004 0005 01 01 11 00 FFDA 0008 01 01 00 00 00 00");
    CHECK(c.spiff_colour == 10);
}

static void hierarchical_frames_take_the_sizes_of_the_whole(void) {
    dcm_codestream c = read_hex("FFD8 FFDE 000B 08 0200 0300 01 01 11 00 " SOF1("C5", "08") SOS1 "1234 FFD9");
    CHECK(c.kind == DCM_STREAM_JPEG_OTHER && c.sof == 5 && c.rows == 0x200 && c.columns == 0x300);
    CHECK(c.fault == DCM_STREAM_SOUND && c.complete);
}

static void damaged_jpeg_is_told_with_its_place(void) {
    is_refused("FFD8 FFD9", DCM_STREAM_NO_FRAME, 2);
    is_refused("FFD8 " SOS1, DCM_STREAM_NO_FRAME, 2);
    is_refused("FFD8 FFC0 000B 08", DCM_STREAM_CUT, 2);
    is_refused("FFD8 FFFE 0001 00", DCM_STREAM_SEGMENT, 2);
    is_refused("FFD8 FFC0 0007 08 0001 0001", DCM_STREAM_SEGMENT, 2);
    is_refused("FFD8 FFC0 0008 08 0001 0001 00", DCM_STREAM_COMPONENTS, 2);
    is_refused("FFD8 FFC0 000B 08 0001 0001 02 01 11 00", DCM_STREAM_SEGMENT, 2);
    is_refused("FFD8 FFC0 000B 08 0001 0000 01 01 11 00", DCM_STREAM_SIZES, 2);
    is_refused("FFD8 FFF7 000B 08 0000 0000 01 01 11 00 FFDA 0008 01 01 00 00 00 00", DCM_STREAM_SIZES, 15);
    is_noted("FFD8 FFFE 0002 0000 " SOF1("C0", "08") SOS1, DCM_STREAM_NO_MARKER, 6);
    is_noted("FFD8 FFD0 " SOF1("C0", "08") SOS1, DCM_STREAM_NO_MARKER, 2);
    is_noted("FFD8 " SOF1("C0", "0C") SOS1, DCM_STREAM_PRECISION, 2);
    is_noted("FFD8 FFC0 000B 08 0001 0001 01 01 05 00 " SOS1, DCM_STREAM_SAMPLING, 2);
    is_noted("FFD8 " SOF1("C0", "08") SOF1("C0", "08") SOS1, DCM_STREAM_FRAMES, 15);
    is_noted("FFD8 " SOF1("C0", "08") "FFD9", DCM_STREAM_NO_SCAN, 15);
    is_noted("FFD8 " SOF1("C0", "08") "FFDA 0006 02 01 00 00", DCM_STREAM_COMPONENTS, 15);
    is_noted("FFD8 " SOF1("C0", "08") "FFDA 0006 01 01 00 00", DCM_STREAM_SEGMENT, 15);
    is_noted("FFD8 FFDD 0003 00 " SOF1("C0", "08") SOS1, DCM_STREAM_SEGMENT, 2);
}

#define SIZ2                                                                                                 \
    "FF51 002C 0000 00000120 00000090 00000020 00000010 00000100 00000080 00000000 00000000 0002 8B0101 "    \
    "070202 "
#define COD "FF52 000C 00 03 0005 01 04 04 04 00 01 "
#define SOT "FF90 000A 0000 00000000 00 01 FF93 "
#define J2K "FF4F " SIZ2 COD SOT "1234 FFD9"

static void main_headers_of_jpeg_2000_are_read(void) {
    dcm_codestream c = read_hex(J2K);
    CHECK(c.kind == DCM_STREAM_J2K && c.sof == DCM_NO_SOF && c.complete && c.eoi &&
          c.fault == DCM_STREAM_SOUND);
    CHECK(c.rows == 0x80 && c.columns == 0x100 && c.x_offset == 0x20 && c.y_offset == 0x10);
    CHECK(c.tile_rows == 0x80 && c.tile_columns == 0x100 && c.samples == 2 && c.precision == 12);
    CHECK(c.is_signed && c.differs && c.subsampled && c.h[0] == 1 && c.h[1] == 2 && c.v[1] == 2);
    CHECK(c.progression == 3 && c.layers == 5 && c.mct && c.levels == 4 && c.lossless == 1);
    CHECK(c.header_nbytes == 2 + 46 + 14 + 14);
    /* one component with the irreversible transform makes the image lossy */
    c = read_hex("FF4F " SIZ2 COD "FF53 0009 01 00 04 04 04 00 00 " SOT);
    CHECK(c.lossless == 0 && c.complete);
}

static void high_throughput_is_told_by_cap_or_by_blocks(void) {
    CHECK(read_hex("FF4F " SIZ2 "FF50 0008 00020000 0000 " COD SOT).kind == DCM_STREAM_HTJ2K);
    CHECK(read_hex("FF4F " SIZ2 "FF50 0008 00040000 0000 " COD SOT).kind == DCM_STREAM_J2K);
    CHECK(read_hex("FF4F " SIZ2 "FF52 000C 00 03 0005 01 04 04 04 40 01 " SOT).kind == DCM_STREAM_HTJ2K);
}

static void damaged_jpeg_2000_is_told_with_its_place(void) {
#define SIZ1(x, y, xo, tile, n)                                                                              \
    "FF4F FF51 0029 0000 " x y xo "00000000 " tile "00000080 00000000 00000000 " n " 070101 "
    is_refused(SIZ1("00000020", "00000090", "00000020", "00000100", "0001"), DCM_STREAM_SIZES, 2);
    is_refused(SIZ1("00000020", "00000000", "00000000", "00000100", "0001"), DCM_STREAM_SIZES, 2);
    is_refused(SIZ1("00000020", "00000090", "00000000", "00000100", "0000"), DCM_STREAM_COMPONENTS, 2);
    is_refused(SIZ1("00000020", "00000090", "00000000", "00000100", "0002"), DCM_STREAM_SEGMENT, 2);
    is_refused("FF4F FF51 0004 0000", DCM_STREAM_SEGMENT, 2);
    is_refused("FF4F FF51 0029 0000", DCM_STREAM_CUT, 2);
    is_noted(SIZ1("00000020", "00000090", "00000000", "00000000", "0001") COD SOT, DCM_STREAM_TILES, 2);
    is_noted(SIZ1("00000020", "00000090", "00000010", "00000010", "0001") COD SOT, DCM_STREAM_TILES, 2);
    is_noted("FF4F " SIZ2 SOT, DCM_STREAM_NO_STYLE, 48);
    is_noted("FF4F " SIZ2 COD "1234 0000", DCM_STREAM_NO_MARKER, 62);
    is_noted("FF4F " SIZ2 COD "FFD9", DCM_STREAM_NO_MARKER, 62);
    is_noted("FF4F " SIZ2 "FF52 0003 00 " COD SOT, DCM_STREAM_SEGMENT, 48);
    is_noted("FF4F " SIZ2 SIZ2 COD SOT, DCM_STREAM_FRAMES, 48);
}

#define JP "0000000C 6A502020 0D0A870A 00000014 66747970 6A703220 00000000 6A703220 "
#define JP2H "00000017 6A703268 0000000F 636F6C72 01 00 00 00000010 "

static void boxes_of_jpeg_2000_are_walked(void) {
    dcm_codestream c = read_hex(JP JP2H "00000000 6A703263 " J2K);
    CHECK(c.jp2 && c.enumcs == 16 && c.codestream_offset == 63 && c.rows == 0x80 && c.eoi && !c.jp2_palette);
    CHECK(c.fault == DCM_STREAM_SOUND);
    /* with a length of 64 bits; the codestream ends with its box, whatever follows */
    c = read_hex(JP "00000001 6A703263 0000000000000060 " J2K "00000009 78787878 55");
    CHECK(c.codestream_offset == 48 && c.codestream_nbytes == 80 && c.eoi && c.enumcs == 0);
    c = read_hex(JP "00000011 6A703268 00000009 70636C72 00 00000000 6A703263 " J2K);
    CHECK(c.jp2_palette && c.complete);
    is_noted(JP "00010000 6A703263 " J2K, DCM_STREAM_BOX, 32);
    is_refused(JP "00000008 66726565", DCM_STREAM_NO_CODESTREAM, 40);
    is_refused(JP "00000007 66726565", DCM_STREAM_BOX, 32);
    is_refused(JP "00000001 66726565 0000000000000008", DCM_STREAM_BOX, 32);
    is_refused(JP "00000000 6A703263 FF4F", DCM_STREAM_NO_CODESTREAM, 40);
    is_refused(JP "000000", DCM_STREAM_CUT, 32);
}

/* Bits, the least significant of a byte first. */
typedef struct writer {
    uint8_t bytes[256];
    uint64_t nbits;
} writer;

static void put(writer *w, uint64_t value, unsigned nbits) {
    for (unsigned i = 0; i < nbits; i++, w->nbits++)
        w->bytes[w->nbits >> 3] |= (uint8_t)((value >> i & 1) << (w->nbits & 7));
}

static void put_choice(writer *w, unsigned which, uint64_t value, unsigned nbits) {
    put(w, which, 2);
    put(w, value, nbits);
}

static dcm_codestream read_written(const writer *w, dcm_status expected) {
    uint64_t nbytes = (w->nbits + 7) >> 3;
    made m = {malloc(nbytes), nbytes};
    if (!m.bytes) abort();
    memcpy(m.bytes, w->bytes, nbytes);
    return read_made(m, expected);
}

static void sizes_of_jpeg_xl_are_read(void) {
    static const unsigned nbits[4] = {9, 13, 18, 30},
                          of[8][2] = {{0, 1}, {1, 1}, {12, 10}, {4, 3}, {3, 2}, {16, 9}, {5, 4}, {2, 1}};
    for (unsigned which = 0; which < 4; which++) {
        for (unsigned ratio = 0; ratio < 8; ratio++) {
            uint32_t rows = (1u << nbits[which]) - 77;
            writer w = {{0}, 0};
            put(&w, 0x0AFF, 16);
            put(&w, 0, 1);
            put_choice(&w, which, rows - 1, nbits[which]);
            put(&w, ratio, 3);
            if (ratio == 0) put_choice(&w, 1, 4999, 13);
            put(&w, 1, 1); /* metadata all default */
            dcm_codestream c = read_written(&w, DCM_OK);
            CHECK(c.kind == DCM_STREAM_JXL && c.complete && c.rows == rows);
            CHECK(c.columns == (ratio ? (uint64_t)rows * of[ratio][0] / of[ratio][1] : 5000));
            CHECK(c.precision == 8 && c.samples == 3 && c.xyb && c.lossless == 0 && c.orientation == 1);
            CHECK(c.header_nbytes == (w.nbits + 7) >> 3);
        }
    }
    writer w = {{0}, 0};
    put(&w, 0x0AFF, 16);
    put(&w, 1, 1); /* in eights */
    put(&w, 4, 5);
    put(&w, 0, 3);
    put(&w, 31, 5);
    put(&w, 1, 1);
    dcm_codestream c = read_written(&w, DCM_OK);
    CHECK(c.rows == 40 && c.columns == 256);
}

/* Every optional field, so that what stands behind them is read at its place. */
static void metadata_of_jpeg_xl_are_read(void) {
    writer w = {{0}, 0};
    put(&w, 0x0AFF, 16);
    put(&w, 1, 1), put(&w, 4, 5), put(&w, 1, 3); /* 40 x 40 */
    put(&w, 0, 1);                               /* not all default */
    put(&w, 1, 1);                               /* extra fields */
    put(&w, 5, 3);                               /* orientation 6 */
    put(&w, 1, 1);                               /* intrinsic size */
    put(&w, 0, 1), put_choice(&w, 0, 99, 9), put(&w, 0, 3), put_choice(&w, 2, 99, 18);
    put(&w, 1, 1); /* preview */
    put(&w, 1, 1), put_choice(&w, 2, 7, 5), put(&w, 0, 3), put_choice(&w, 3, 100, 9);
    put(&w, 1, 1); /* animation */
    put_choice(&w, 2, 1023, 10), put_choice(&w, 3, 1023, 10), put_choice(&w, 2, 65535, 16), put(&w, 1, 1);
    put(&w, 1, 1), put_choice(&w, 1, 0, 0), put(&w, 4, 4); /* float, 16 bits, 5 of exponent */
    put(&w, 0, 1);                                         /* modular_16bit_buffers */
    put_choice(&w, 2, 2, 4);                               /* 4 extra channels */
    put(&w, 1, 1);                                         /* alpha, all default */
    put(&w, 0, 1), put_choice(&w, 2, 0, 4), put(&w, 0, 1), put_choice(&w, 0, 0, 0); /* spot colour, 8 bits */
    put_choice(&w, 3, 5, 3), put_choice(&w, 1, 2, 4), put(&w, 0xAAAA, 16), put(&w, 0x5555AAAA5555AAAA, 64);
    put(&w, 0, 1), put_choice(&w, 2, 3, 4), put(&w, 1, 1), put_choice(&w, 0, 0, 0); /* CFA, float */
    put(&w, 7, 4), put_choice(&w, 0, 0, 0), put_choice(&w, 0, 0, 0), put_choice(&w, 3, 255, 8);
    put(&w, 0, 1), put_choice(&w, 0, 0, 0), put(&w, 0, 1), put_choice(&w, 3, 10, 6); /* alpha, 11 bits */
    put_choice(&w, 0, 0, 0), put_choice(&w, 0, 0, 0), put(&w, 1, 1);
    put(&w, 0, 1);                                         /* not XYB */
    put(&w, 0, 1), put(&w, 1, 1), put_choice(&w, 1, 0, 0); /* colours not default: ICC, grey */
    dcm_codestream c = read_written(&w, DCM_OK);
    CHECK(c.complete && c.rows == 40 && c.columns == 40 && c.orientation == 6 && c.is_float);
    CHECK(c.precision == 16 && c.extra_channels == 4 && c.samples == 1 && !c.xyb);
    CHECK(c.lossless == DCM_LOSSLESS_UNKNOWN && c.header_nbytes == (w.nbits + 7) >> 3);
}

#define JXL "0000000C 4A584C20 0D0A870A 00000014 66747970 6A786C20 00000000 6A786C20 "
#define JXL8 "FF0A 4102 " /* 8 x 8, all default */

static void boxes_of_jpeg_xl_are_walked(void) {
    dcm_codestream c = read_hex(JXL "0000000C 6A786C63 " JXL8);
    CHECK(c.jxl_container && c.codestream_offset == 40 && c.codestream_nbytes == 4 && c.rows == 8 &&
          !c.jxl_jpeg);
    c = read_hex(JXL "00000010 6A786C70 00000000 " JXL8 "00000009 6A627264 00");
    CHECK(c.codestream_offset == 44 && c.columns == 8 && c.jxl_jpeg && c.complete && c.samples == 3);
    is_refused(JXL "0000000C 6A786C63 1234 0000", DCM_STREAM_NO_CODESTREAM, 40);
    is_refused(JXL "00000009 6A786C63 FF", DCM_STREAM_CUT, 40);
    is_refused("FF0A 08", DCM_STREAM_CUT, 3);
}

static void junk_before_the_signature_is_stepped_over(void) {
    char text[512];
    for (int n = 0; n < 70; n++) {
        text[0] = 0;
        for (int i = 0; i < n; i++)
            strcat(text, "00");
        strcat(text, JPEG1);
        dcm_codestream c = read_hex(text);
        if (n > (int)DCM_CODESTREAM_MAX_JUNK) {
            CHECK(c.kind == DCM_STREAM_NONE);
        } else {
            CHECK(c.kind == DCM_STREAM_JPEG_BASELINE && c.codestream_offset == (uint64_t)n && c.eoi);
            CHECK(c.header_nbytes == (uint64_t)n + 25 && c.codestream_nbytes == 29);
        }
    }
    CHECK(read_hex("").kind == DCM_STREAM_NONE);
    CHECK(read_hex("FFD8").kind == DCM_STREAM_NONE);
    CHECK(read_hex("00 FF0A 4102").kind == DCM_STREAM_NONE);
    CHECK(read_hex("01000000 40000000").kind == DCM_STREAM_NONE);
}

static void fragments_tell_whether_they_begin_or_end_an_image(void) {
    static const struct {
        const char *text;
        bool begins, ends;
    } all[] = {{"", false, false},
               {"FF", false, false},
               {"FFD8", false, false},
               {"FFD8FF", true, false},
               {"FF4FFF51", true, false},
               {"FF4FFF52", false, false},
               {"0000000C6A5020200D0A870A", true, false},
               {"0000000C4A584C200D0A870A", true, false},
               {"0000000C4A584C200D0A87", false, false},
               {"FF0A", true, false},
               {"FFD9", false, true},
               {"FFD900", false, true},
               {"FFD8FFD9FFFF", true, true},
               {"D9", false, false},
               {"FFD901", false, false},
               {"FFFFD90000", false, true},
               {"0000", false, false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        made m = from_hex(all[i].text);
        bool begins = !all[i].begins, ends = !all[i].ends;
        CHECK(dcm_codestream_begins(m.bytes, m.nbytes) == all[i].begins);
        CHECK(dcm_codestream_ends(m.bytes, m.nbytes) == all[i].ends);
        CHECK(dcm_codestream_peek_guarded(m.bytes, m.nbytes, &begins, &ends) == DCM_OK);
        CHECK(begins == all[i].begins && ends == all[i].ends);
        free(m.bytes);
    }
    uint8_t padded[80] = {0};
    for (size_t at = 0; at < 78; at++) {
        memset(padded, 0, sizeof padded);
        padded[at] = 0xFF, padded[at + 1] = 0xD9;
        CHECK(dcm_codestream_ends(padded, sizeof padded) == (at >= 16));
    }
}

int main(void) {
    frame_headers_tell_sizes_and_process();
    lossless_scans_tell_predictor_and_point_transform();
    components_tell_identifiers_and_sampling();
    segments_before_the_frame_are_read();
    rows_may_stand_behind_the_scan();
    jpeg_ls_segments_are_read();
    hierarchical_frames_take_the_sizes_of_the_whole();
    damaged_jpeg_is_told_with_its_place();
    main_headers_of_jpeg_2000_are_read();
    high_throughput_is_told_by_cap_or_by_blocks();
    damaged_jpeg_2000_is_told_with_its_place();
    boxes_of_jpeg_2000_are_walked();
    sizes_of_jpeg_xl_are_read();
    metadata_of_jpeg_xl_are_read();
    boxes_of_jpeg_xl_are_walked();
    junk_before_the_signature_is_stepped_over();
    fragments_tell_whether_they_begin_or_end_an_image();
    return check_result();
}
