/* The scanner on byte strings built here: encodings, nesting, tolerated deviations; in pieces as in whole. */
#include "build.h"
#include "scan_checks.h"

#include <stdio.h>

#define EXPLICIT_LE "1.2.840.10008.1.2.1"
#define IMPLICIT_LE "1.2.840.10008.1.2"
#define EXPLICIT_BE "1.2.840.10008.1.2.2"
#define JPEG "1.2.840.10008.1.2.4.50"
#define DEFLATED "1.2.840.10008.1.2.1.99"
#define UNDEFINED DCM_UNDEFINED_LENGTH

static const char *const syntaxes[] = {EXPLICIT_LE, IMPLICIT_LE, EXPLICIT_BE};

static dcm_scan_options defaults(void) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    return options;
}

/* Every way of arriving gives what the whole gives. Sizes that are not known up front may be believed for
   values past the end, so that only `sound` bytes must scan alike then. */
static void check_pieces(const dcm_scan_options *options, const build *b, bool sound) {
    static const pieces ways[] = {PIECES_NEED, PIECES_DOUBLING, PIECES_BYTES, PIECES_RANDOM, PIECES_RANDOM};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        check_same_in_pieces(options, b->bytes, b->nbytes, ways[i], i, true);
        if (sound) check_same_in_pieces(options, b->bytes, b->nbytes, ways[i], i, false);
    }
}

/* Scan, with everything that must always hold. */
static dcm_status scan(const dcm_scan_options *options, const build *b, bool sound, dcm_index *index) {
    dcm_scanner s;
    check_pieces(options, b, sound);
    dcm_status status = scan_bytes(options, b->bytes, b->nbytes, PIECES_WHOLE, 0, true, &s, index);
    if (status == DCM_OK) {
        CHECK(dcm_index_freeze(index) == DCM_OK);
        check_index(index, 0, b->nbytes);
    }
    return status;
}

static bool has(const dcm_index *index, dcm_finding_code code) {
    for (uint32_t i = 0; i < index->nfindings; i++)
        if (index->findings[i].code == code) return true;
    return false;
}

static uint32_t nfindings_of(const dcm_index *index, dcm_finding_code code) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < index->nfindings; i++)
        n += index->findings[i].code == code;
    return n;
}

static const dcm_element *top(const dcm_index *index, uint32_t tag) {
    uint32_t row = dcm_index_find(index, DCM_NO_ROW, tag);
    return row == DCM_NO_ROW ? NULL : &index->rows[row];
}

static void put_item_start(build *b, uint32_t length) {
    put_header(b, DCM_TAG_ITEM, "", length);
}
static void put_item_end(build *b) {
    put_header(b, DCM_TAG_ITEM_END, "", 0);
}
static void put_sequence_end(build *b) {
    put_header(b, DCM_TAG_SEQUENCE_END, "", 0);
}

/* Two levels of sequences, either form of length at each of the four places. */
static void put_nested(build *b, int undefined) {
    build code = {.implicit = b->implicit, .big = b->big}, inner = code, item = code;
    put_text(&code, 0x00080100, "SH", "T-D0");
    put_text(&code, 0x00080104, "LO", "text");
    put_item_start(&inner, undefined & 1 ? UNDEFINED : (uint32_t)code.nbytes);
    put(&inner, code.bytes, code.nbytes);
    if (undefined & 1) put_item_end(&inner);
    put_header(&item, 0x00081140, "SQ", undefined & 2 ? UNDEFINED : (uint32_t)inner.nbytes);
    put(&item, inner.bytes, inner.nbytes);
    if (undefined & 2) put_sequence_end(&item);
    put_text(&item, 0x00081155, "UI", "1.2.34");
    uint32_t n = (uint32_t)item.nbytes + 8 + (undefined & 4 ? 8 : 0);
    put_header(b, 0x00082112, "SQ", undefined & 8 ? UNDEFINED : 2 * n);
    for (int i = 0; i < 2; i++) {
        put_item_start(b, undefined & 4 ? UNDEFINED : (uint32_t)item.nbytes);
        put(b, item.bytes, item.nbytes);
        if (undefined & 4) put_item_end(b);
    }
    if (undefined & 8) put_sequence_end(b);
    free(code.bytes);
    free(inner.bytes);
    free(item.bytes);
}

static void sound_files_have_no_findings(void) {
    for (size_t i = 0; i < 3; i++) {
        for (int undefined = 0; undefined < 16; undefined++) {
            build b;
            start(&b, syntaxes[i]);
            put_text(&b, 0x00080005, "CS", "ISO_IR 100");
            put_nested(&b, undefined);
            put_text(&b, 0x00100010, "PN", "A^B=");
            put_text(&b, 0x00100020, "LO", "");
            put_bytes(&b, 0x7FE00010, "OW", 300);
            put_bytes(&b, 0xFFFCFFFC, "OB", 4);
            dcm_index index;
            dcm_scan_options options = defaults();
            CHECK(scan(&options, &b, true, &index) == DCM_OK);
            CHECK(index.nfindings == 0);
            CHECK(index.nmeta == 2 && index.ntop == 6);
            CHECK(index.nrows == 2 + 6 + 2 * 6);
            const dcm_element *pixels = top(&index, 0x7FE00010);
            CHECK(pixels && pixels->length == 300);
            dcm_index_free(&index);
            options.lazy_nbytes = 16;
            CHECK(scan(&options, &b, true, &index) == DCM_OK);
            CHECK(undefined & 8 ? index.nrows == 20 : index.nrows == 8);
            dcm_index_free(&index);
            options.stop_tag = 0x00100020;
            CHECK(scan(&options, &b, true, &index) == DCM_OK);
            CHECK(index.ntop == 3);
            dcm_index_free(&index);
            free(b.bytes);
        }
    }
}

static void bare_data_sets_are_recognised(void) {
    for (size_t i = 0; i < 3; i++) {
        build file, b = {.implicit = i == 1, .big = i == 2};
        start(&file, syntaxes[i]);
        put_text(&b, 0x00080005, "CS", "ISO_IR 100");
        put_nested(&b, 5);
        put_text(&b, 0x00100010, "PN", "A^B=");
        dcm_index index;
        dcm_scan_options options = defaults();
        CHECK(scan(&options, &b, true, &index) == DCM_OK);
        CHECK(has(&index, DCM_F_NO_PREAMBLE) && has(&index, DCM_F_NO_META));
        CHECK(index.ntop == 3 && index.nfindings == 2);
        dcm_index_free(&index);
        free(b.bytes);
        free(file.bytes);
    }
}

static void transfer_syntax_that_lies_is_not_followed(void) {
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            if (i == k) continue;
            build b;
            start(&b, syntaxes[i]);
            b.implicit = k == 1;
            b.big = k == 2;
            put_text(&b, 0x00080005, "CS", "ISO_IR 100");
            put_text(&b, 0x00100010, "PN", "A^B=");
            dcm_index index;
            dcm_scan_options options = defaults();
            CHECK(scan(&options, &b, true, &index) == DCM_OK);
            CHECK(index.nfindings == 1 && has(&index, DCM_F_WRONG_TRANSFER_SYNTAX));
            CHECK(index.ntop == 2);
            dcm_index_free(&index);
            free(b.bytes);
        }
    }
}

static void deflated_body_is_the_callers(void) {
    build b;
    start(&b, DEFLATED);
    uint64_t body = b.nbytes;
    put(&b, "\x4B\x4C\x4A\x06\x00\x99\x98\x97\x96\x95\x94\x93\x92\x91", 14);
    dcm_index index;
    dcm_scanner s;
    dcm_scan_options options = defaults();
    check_pieces(&options, &b, true);
    CHECK(scan_bytes(&options, b.bytes, b.nbytes, PIECES_WHOLE, 0, true, &s, &index) == DCM_DEFLATED);
    CHECK(s.body_offset == body);
    dcm_index_free(&index);
    free(b.bytes);
}

static void fragments_are_rows_when_asked_for(void) {
    build b;
    start(&b, JPEG);
    put_header(&b, 0x7FE00010, "OB", UNDEFINED);
    put_item_start(&b, 0);
    for (uint32_t i = 0; i < 3; i++) {
        put_item_start(&b, 10 + 2 * i);
        for (uint32_t k = 0; k < 10 + 2 * i; k++)
            put(&b, "\xFF", 1);
    }
    put_sequence_end(&b);
    put_text(&b, 0xFFFAFFFA, "SQ", "");
    dcm_index index;
    dcm_scan_options options = defaults();
    CHECK(scan(&options, &b, true, &index) == DCM_OK);
    CHECK(index.nfindings == 0 && index.ntop == 2 && index.nrows == 2 + 1 + 4 + 1);
    CHECK(index.rows[5].length == 12);
    dcm_index_free(&index);
    options.fragments = false;
    CHECK(scan(&options, &b, true, &index) == DCM_OK);
    CHECK(index.ntop == 1 && index.nrows == 3);
    dcm_index_free(&index);
    free(b.bytes);
}

/* One deviation behind a sound meta group, then a sound element that must be found again. */
typedef struct deviation {
    const char *bytes;
    uint64_t nbytes;
    dcm_finding_code code;
    uint32_t ntop;
} deviation;

#define BYTES(text) text, sizeof(text) - 1
#define CODE "\x08\x00\x00\x01SH\x04\x00T-D0"
#define ITEM(length) "\xFE\xFF\x00\xE0" length

static void deviations_are_read_through_and_noted(void) {
    static const deviation all[] = {
        {BYTES("\x08\x00\x00\x01sh\x04\x00T-D0"), DCM_F_VR_LOWER_CASE, 2},
        {BYTES("\x08\x00\x00\x01  \x04\x00T-D0"), DCM_F_VR_INVALID, 2},
        {BYTES("\x08\x00\x00\x01SH\x00\x00\x04\x00\x00\x00T-D0"), DCM_F_VR_LENGTH_32, 2},
        {BYTES("\x08\x00\x19\x11UR\x04\x00http"), DCM_F_VR_LENGTH_16, 2},
        {BYTES("\x08\x00\x00\x01SH\x03\x00T-D"), DCM_F_ODD_LENGTH, 2},
        {BYTES("\x08\x00\x00\x01\x04\x00\x00\x00T-D0"), DCM_F_ENCODING_CHANGES, 2},
        {BYTES("\x08\x00\x00\x00UL\x04\x00\x04\x00\x00\x00"), DCM_F_GROUP_LENGTH, 2},
        {BYTES("\x18\x00\x50\x00"
               "DS\x02\x00"
               "5 " CODE),
         DCM_F_OUT_OF_ORDER, 3},
        {BYTES(CODE CODE), DCM_F_DUPLICATE, 2},
        {BYTES(CODE "\xFE\xFF\x0D\xE0\x00\x00\x00\x00"), DCM_F_DELIMITER_STRAY, 2},
        /* sequence one item too long, too short, item too long, too short, delimiter missing */
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\x1C\x00\x00\x00" ITEM("\x0C\x00\x00\x00") CODE),
         DCM_F_SEQUENCE_LENGTH, 2},
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\x14\x00\x00\x00" ITEM("\x0C\x00\x00\x00")
                   CODE ITEM("\x0C\x00\x00\x00") CODE),
         DCM_F_SEQUENCE_LENGTH, 2},
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\x14\x00\x00\x00" ITEM("\x20\x00\x00\x00") CODE), DCM_F_ITEM_LENGTH,
         2},
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\xFF\xFF\xFF\xFF" ITEM("\x0C\x00\x00\x00") CODE),
         DCM_F_DELIMITER_MISSING, 2},
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\xFF\xFF\xFF\xFF" ITEM("\xFF\xFF\xFF\xFF") CODE
               "\xFE\xFF\xDD\xE0\x00\x00\x00\x00"),
         DCM_F_DELIMITER_MISSING, 2},
        {BYTES("\x08\x00\x12\x21SQ\x00\x00\xFF\xFF\xFF\xFF\xFE\xFF\xDD\xE0\x04\x00\x00\x00"),
         DCM_F_DELIMITER_LENGTH, 2},
        {BYTES("\x08\x00\x12\x21UN\x00\x00\x14\x00\x00\x00" ITEM(
             "\x0C\x00\x00\x00") "\x08\x00\x00\x01\x04\x00\x00\x00T-D0"),
         DCM_F_UN_SEQUENCE, 2},
        {BYTES("\x09\x00\x10\x10UN\x00\x00\xFF\xFF\xFF\xFF" ITEM(
             "\x0C\x00\x00\x00") "\x08\x00\x00\x01\x04\x00\x00\x00T-D0\xFE\xFF\xDD\xE0\x00\x00\x00\x00"),
         DCM_F_UN_SEQUENCE, 2},
        {BYTES("\x09\x00\x10\x10OB\x00\x00\xFF\xFF\xFF\xFF"
               "12345678\xFE\xFF\xDD\xE0\x00\x00\x00\x00"),
         DCM_F_UNDEFINED_LENGTH, 2},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        build b;
        start(&b, EXPLICIT_LE);
        put(&b, all[i].bytes, all[i].nbytes);
        put_text(&b, 0x00100020, "LO", "ID");
        dcm_index index;
        dcm_scan_options options = defaults();
        CHECK(scan(&options, &b, false, &index) == DCM_OK);
        const dcm_element *id = top(&index, 0x00100020);
        bool good = has(&index, all[i].code) && index.ntop == all[i].ntop && id && id->length == 2;
        CHECK(good);
        if (!good) {
            fprintf(stderr, "deviation %zu (%s): %u at top\n", i, dcm_finding_names[all[i].code], index.ntop);
            for (uint32_t k = 0; k < index.nfindings; k++)
                fprintf(stderr, "  %s\n", dcm_finding_names[index.findings[k].code]);
        }
        dcm_index_free(&index);
        free(b.bytes);
    }
}

static void cut_files_keep_every_whole_element(void) {
    for (size_t i = 0; i < 3; i++) {
        for (int undefined = 0; undefined < 16; undefined += 5) {
            build b;
            start(&b, syntaxes[i]);
            uint64_t body = b.nbytes;
            put_text(&b, 0x00080005, "CS", "ISO_IR 100");
            uint64_t first_end = b.nbytes;
            put_nested(&b, undefined);
            put_text(&b, 0x00100010, "PN", "A^B=");
            dcm_scan_options options = defaults();
            for (uint64_t n = 0; n < b.nbytes; n++) {
                build cut = b;
                cut.nbytes = n;
                dcm_index index;
                dcm_scanner s;
                check_same_in_pieces(&options, cut.bytes, n, PIECES_NEED, 0, true);
                check_unknown_size(&options, cut.bytes, n, PIECES_NEED, 0);
                dcm_status status = scan_bytes(&options, cut.bytes, n, PIECES_WHOLE, 0, true, &s, &index);
                CHECK(status == DCM_OK || (n < body && status == DCM_E_NOT_DICOM));
                if (status == DCM_OK) {
                    CHECK(dcm_index_freeze(&index) == DCM_OK);
                    check_index(&index, 0, n);
                    CHECK((top(&index, 0x00080005) != NULL) == (n >= first_end));
                }
                dcm_index_free(&index);
            }
            free(b.bytes);
        }
    }
}

static void nesting_has_a_limit_and_no_recursion(void) {
    for (int undefined = 0; undefined < 2; undefined++) {
        for (uint32_t depth = 60; depth <= 100000; depth = depth < 70 ? depth + 1 : depth * 10) {
            build b;
            start(&b, EXPLICIT_LE);
            for (uint32_t i = 0; i < depth; i++) {
                uint32_t left = 20 * (depth - i) - 20;
                put_header(&b, 0x00081140, "SQ", undefined ? UNDEFINED : left + 8);
                put_item_start(&b, undefined ? UNDEFINED : left);
            }
            for (uint32_t i = 0; undefined && i < depth; i++) {
                put_item_end(&b);
                put_sequence_end(&b);
            }
            dcm_scan_options options = defaults();
            dcm_scanner s;
            dcm_index index;
            dcm_status status = scan_bytes(&options, b.bytes, b.nbytes, PIECES_WHOLE, 0, true, &s, &index);
            CHECK(status == (depth > 64 ? DCM_E_TOO_DEEP : DCM_OK));
            if (depth <= 64) CHECK(index.nrows == 2 + 2 * depth && index.nfindings == 0);
            if (depth > 64) CHECK(s.error_tag == 0x00081140);
            dcm_index_free(&index);
            free(b.bytes);
        }
    }
}

static void rows_have_a_limit(void) {
    build b;
    start(&b, EXPLICIT_LE);
    for (uint32_t i = 0; i < 100; i++)
        put_text(&b, 0x00091000 + i, "LO", "");
    dcm_scan_options options = defaults();
    options.max_rows = 50;
    dcm_scanner s;
    dcm_index index;
    CHECK(scan_bytes(&options, b.bytes, b.nbytes, PIECES_WHOLE, 0, true, &s, &index) == DCM_E_TOO_MANY_ROWS);
    CHECK(index.nrows == 50);
    dcm_index_free(&index);
    options.max_rows = 102;
    CHECK(scan(&options, &b, true, &index) == DCM_OK);
    dcm_index_free(&index);
    free(b.bytes);
}

/* A tag (0000,0000) where an item was expected once kept the scanner in place for ever. */
static void zeros_in_a_sequence_end_it(void) {
    for (int undefined = 0; undefined < 2; undefined++) {
        build b;
        start(&b, EXPLICIT_LE);
        put_header(&b, 0x00082112, "SQ", undefined ? UNDEFINED : 24);
        for (int i = 0; i < 24; i++)
            put(&b, "\0", 1);
        put_text(&b, 0x00100020, "LO", "ID");
        dcm_index index;
        dcm_scan_options options = defaults();
        CHECK(scan(&options, &b, false, &index) == DCM_OK);
        CHECK(has(&index, undefined ? DCM_F_DELIMITER_MISSING : DCM_F_SEQUENCE_LENGTH));
        if (!undefined) CHECK(top(&index, 0x00100020) != NULL);
        dcm_index_free(&index);
        free(b.bytes);
    }
}

/* The scanner asks for more in the middle of an element, sees it again, and must not tell of it twice. */
static void findings_are_told_once(void) {
    build b;
    start(&b, EXPLICIT_LE);
    put(&b, "\x08\x00\x00\x01ob\x00\x00\xFF\xFF\xFF\xFF", 12);
    for (int i = 0; i < 9000; i++)
        put(&b, "x", 1);
    put_sequence_end(&b);
    put_text(&b, 0x00100020, "LO", "ID");
    dcm_index index;
    dcm_scan_options options = defaults();
    scan(&options, &b, false, &index);
    for (uint32_t code = 0; code < DCM_F_COUNT; code++)
        CHECK(nfindings_of(&index, code) <= 1);
    dcm_index_free(&index);
    free(b.bytes);
}

/* A sequence of defined length that is left for later still ends where the source does. */
static void lazy_sequence_past_the_end_is_cut(void) {
    build b;
    start(&b, EXPLICIT_LE);
    put_text(&b, 0x00080005, "CS", "ISO_IR 100");
    put_header(&b, 0x00082112, "SQ", 5000);
    for (int i = 0; i < 90; i++)
        put(&b, "x", 1);
    dcm_index index;
    dcm_scan_options options = defaults();
    options.lazy_nbytes = 64;
    CHECK(scan(&options, &b, false, &index) == DCM_OK);
    const dcm_element *sequence = top(&index, 0x00082112);
    CHECK(sequence && sequence->length == 90 && sequence->flags & DCM_ROW_LAZY);
    CHECK(has(&index, DCM_F_TRUNCATED));
    dcm_index_free(&index);
    free(b.bytes);
}

static void flipped_bytes_never_break_the_tree(void) {
    for (size_t i = 0; i < 3; i++) {
        build b;
        start(&b, syntaxes[i]);
        put_text(&b, 0x00080005, "CS", "ISO_IR 100");
        put_nested(&b, 10);
        put_nested(&b, 5);
        put_bytes(&b, 0x7FE00010, "OW", 30);
        uint64_t random = 7 + i;
        uint8_t *sound = malloc(b.nbytes);
        if (!sound) abort();
        memcpy(sound, b.bytes, b.nbytes);
        for (int round = 0; round < 3000; round++) {
            static const uint8_t values[] = {0, 1, 0xFE, 0xFF, 0x7F, 0xE0, 0xDD, 0x0D, 'S', 'Q', 'U', 'N'};
            for (int k = 0; k < 1 + round % 3; k++)
                b.bytes[132 + next_random(&random) % (b.nbytes - 132)] =
                    values[next_random(&random) % sizeof values];
            dcm_scan_options options = defaults();
            options.lazy_nbytes = round & 4 ? 40 : 0;
            dcm_scanner s;
            dcm_index index;
            check_same_in_pieces(&options, b.bytes, b.nbytes, PIECES_NEED, 0, true);
            check_unknown_size(&options, b.bytes, b.nbytes, PIECES_RANDOM, random);
            dcm_status status = scan_bytes(&options, b.bytes, b.nbytes, PIECES_WHOLE, 0, true, &s, &index);
            CHECK(status == DCM_OK);
            if (status == DCM_OK && dcm_index_freeze(&index) == DCM_OK) check_index(&index, 0, b.nbytes);
            dcm_index_free(&index);
            memcpy(b.bytes, sound, b.nbytes);
        }
        free(sound);
        free(b.bytes);
    }
}

int main(void) {
    sound_files_have_no_findings();
    bare_data_sets_are_recognised();
    transfer_syntax_that_lies_is_not_followed();
    deflated_body_is_the_callers();
    fragments_are_rows_when_asked_for();
    deviations_are_read_through_and_noted();
    cut_files_keep_every_whole_element();
    nesting_has_a_limit_and_no_recursion();
    rows_have_a_limit();
    zeros_in_a_sequence_end_it();
    findings_are_told_once();
    lazy_sequence_past_the_end_is_cut();
    flipped_bytes_never_break_the_tree();
    return check_result();
}
