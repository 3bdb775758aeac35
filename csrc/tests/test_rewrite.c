/* What was read, written in every encoding and with every kind of lengths; edits between ranges. PS3.5 §7,
 * §A.4. */
#include "build.h"
#include "outfile.h"
#include "rewrite.h"
#include "scan_checks.h"

static const dcm_encoding encodings[] = {{false, false}, {false, true}, {true, false}};
static const char *const syntaxes[] = {"1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"};
#define NENCODINGS 3

/* A file that was scanned. */
typedef struct scanned {
    build b;
    dcm_source source;
    dcm_index index;
    dcm_scanner scanner;
} scanned;

static void scan(scanned *file, uint64_t lazy_nbytes) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.lazy_nbytes = lazy_nbytes;
    CHECK(scan_bytes(&options, file->b.bytes, file->b.nbytes, PIECES_WHOLE, 0, true, &file->scanner,
                     &file->index) == DCM_OK);
    CHECK(dcm_index_freeze(&file->index) == DCM_OK);
    dcm_source_borrow(&file->source, file->b.bytes, file->b.nbytes);
}

static void release(scanned *file) {
    dcm_index_free(&file->index);
    free(file->b.bytes);
}

static dcm_rewrite rewrite_of(scanned *file, dcm_emitter *emitter) {
    dcm_rewrite rewrite = {.emitter = emitter, .index = &file->index, .source = &file->source};
    rewrite.end_offset = file->scanner.pos;
    dcm_rewrite_list(&rewrite, file->index.top, file->index.ntop);
    return rewrite;
}

static uint8_t *bytes_of(const dcm_emitter *emitter, const dcm_source *source) {
    const dcm_plan_source from = {source, NULL};
    uint8_t *out = malloc((size_t)emitter->plan.nbytes + 1);
    if (!out) abort();
    CHECK(dcm_plan_read(&emitter->plan, &from, 1, 0, emitter->plan.nbytes, out) == DCM_OK);
    return out;
}

/* The plan of a file's data set holds these bytes. */
static void check_same(const dcm_emitter *emitter, const dcm_source *source, const build *expected) {
    uint8_t *out = bytes_of(emitter, source);
    CHECK(emitter->plan.nbytes == expected->nbytes);
    if (emitter->plan.nbytes == expected->nbytes) CHECK(memcmp(out, expected->bytes, expected->nbytes) == 0);
    free(out);
}

static void put_numbers(build *b, uint32_t tag, const char *vr, uint32_t count, uint32_t nbytes) {
    put_header(b, tag, vr, count * nbytes);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t value = UINT64_C(0x0102030405060708) + i;
        uint8_t bytes[8];
        for (uint32_t k = 0; k < nbytes; k++)
            bytes[b->big ? nbytes - 1 - k : k] = (uint8_t)(value >> 8 * k);
        put(b, bytes, nbytes);
    }
}

static void put_sequence(build *b, uint32_t tag, const build *item, uint32_t nitems, bool undefined) {
    const uint32_t nbytes = (uint32_t)item->nbytes + (undefined ? 16 : 8);
    put_header(b, tag, "SQ", undefined ? DCM_UNDEFINED_LENGTH : nitems * nbytes);
    for (uint32_t i = 0; i < nitems; i++) {
        put_header(b, DCM_TAG_ITEM, "", undefined ? DCM_UNDEFINED_LENGTH : (uint32_t)item->nbytes);
        put(b, item->bytes, item->nbytes);
        if (undefined) put_header(b, DCM_TAG_ITEM_END, "", 0);
    }
    if (undefined) put_header(b, DCM_TAG_SEQUENCE_END, "", 0);
}

/* A bit of everything, the same in every encoding but for how it is encoded. */
static void put_data_set(build *b, bool undefined) {
    build inner = {.implicit = b->implicit, .big = b->big}, outer = inner;
    put_text(&inner, 0x00080100, "SH", "T-D0");
    put_numbers(&inner, 0x00280103, "US", 1, 2);
    put_numbers(&inner, 0x00280106, "SS", 1, 2); /* US or SS: by Pixel Representation of the item */
    put_sequence(&outer, 0x00081140, &inner, 2, undefined);
    put_text(&outer, 0x00081155, "UI", "1.2.3.45");
    put_text(b, 0x00080005, "CS", "ISO_IR 100");
    put_sequence(b, 0x00082112, &outer, 2, undefined);
    put_sequence(b, 0x00082218, &inner, 0, undefined);
    put_text(b, 0x00100010, "PN", "Doe^John");
    put_numbers(b, 0x00186060, "FL", 2, 4);
    put_numbers(b, 0x00189087, "FD", 2, 8);
    put_numbers(b, 0x00280009, "AT", 4, 2);
    put_numbers(b, 0x00280010, "US", 1, 2);
    put_numbers(b, 0x00280106, "US", 1, 2);
    put_numbers(b, 0x00281201, "OW", 3, 2);
    put_numbers(b, 0x00660016, "OF", 3, 4);
    put_numbers(b, 0x7FE00001, "OV", 1, 8);
    put_numbers(b, 0x7FE00010, "OW", 5, 2);
    free(inner.bytes);
    free(outer.bytes);
}

static void every_encoding_into_every_other(void) {
    for (int from = 0; from < NENCODINGS; from++) {
        for (int was = 0; was < 2; was++) {
            scanned file = {0};
            start(&file.b, syntaxes[from]);
            const uint64_t body = file.b.nbytes;
            put_data_set(&file.b, was);
            scan(&file, 0);
            for (int to = 0; to < NENCODINGS; to++) {
                for (int lengths = DCM_LENGTHS_KEEP; lengths <= DCM_LENGTHS_UNDEFINED; lengths++) {
                    dcm_emitter emitter;
                    dcm_emit_init(&emitter, encodings[to], (dcm_lengths)lengths);
                    dcm_rewrite rewrite = rewrite_of(&file, &emitter);
                    CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
                    CHECK(dcm_rewrite_row(&rewrite) == DCM_NO_ROW);
                    build expected = {.implicit = encodings[to].implicit, .big = encodings[to].big};
                    put_data_set(&expected,
                                 lengths == DCM_LENGTHS_KEEP ? was : lengths == DCM_LENGTHS_UNDEFINED);
                    check_same(&emitter, &file.source, &expected);
                    if (from == to && lengths == DCM_LENGTHS_KEEP)
                        CHECK(emitter.plan.nsegments == 1 && emitter.plan.segments[0].offset == body);
                    dcm_emit_free(&emitter);
                    free(expected.bytes);
                }
            }
            release(&file);
        }
    }
}

/* One tag is replaced, wherever it stands: before all, between two, behind all. */
static void an_edit_stands_between_ranges(void) {
    static const uint32_t tags[] = {0x00080004, 0x00080005, 0x00080006, 0x00100010, 0x00100011,
                                    0x00182218, 0x7FE00010, 0x7FE00011, 0xFFFCFFFC};
    scanned file = {0};
    start(&file.b, syntaxes[0]);
    const uint64_t body = file.b.nbytes;
    put_data_set(&file.b, true);
    scan(&file, 0);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        dcm_emitter emitter;
        dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
        dcm_rewrite rewrite = rewrite_of(&file, &emitter);
        CHECK(dcm_rewrite_until(&rewrite, tags[i]) == DCM_OK);
        CHECK(dcm_emit_element(&emitter, tags[i], DCM_VR_LO, (const uint8_t *)"new ", 4) == DCM_OK);
        CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
        CHECK(emitter.plan.nsegments <= 3);
        const uint32_t row = dcm_index_find(&file.index, DCM_NO_ROW, tags[i]);
        uint64_t cut = file.b.nbytes, next = cut;
        for (uint32_t k = 0; k < file.index.ntop; k++) {
            const dcm_element *element = &file.index.rows[file.index.top[k]];
            if (element->tag < tags[i]) continue;
            cut = next = dcm_row_start(element);
            if (row != DCM_NO_ROW) next = dcm_row_end(&file.index, row, file.b.nbytes);
            break;
        }
        build expected = {0};
        put(&expected, file.b.bytes + body, cut - body);
        put_text(&expected, tags[i], "LO", "new ");
        put(&expected, file.b.bytes + next, file.b.nbytes - next);
        check_same(&emitter, &file.source, &expected);
        dcm_emit_free(&emitter);
        free(expected.bytes);
    }
    release(&file);
}

/* The children of an item; delimiters belong to the item and not to its last child. */
static void children_of_an_item(void) {
    for (int undefined = 0; undefined < 2; undefined++) {
        scanned file = {0};
        start(&file.b, syntaxes[0]);
        put_data_set(&file.b, undefined);
        scan(&file, 0);
        const uint32_t sequence = dcm_index_find(&file.index, DCM_NO_ROW, 0x00082112);
        dcm_emitter emitter;
        dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
        dcm_rewrite rewrite = rewrite_of(&file, &emitter);
        dcm_rewrite_children(&rewrite, sequence + 1);
        CHECK(dcm_rewrite_until(&rewrite, 0x00081155) == DCM_OK);
        CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
        const dcm_element *nested = &file.index.rows[sequence + 2];
        build expected = {0};
        const uint64_t end = dcm_row_end(&file.index, sequence + 2, 0);
        CHECK(end == nested->offset + nested->length + (undefined ? 8 : 0));
        put(&expected, file.b.bytes + dcm_row_start(nested), end - dcm_row_start(nested));
        check_same(&emitter, &file.source, &expected);
        dcm_emit_free(&emitter);
        free(expected.bytes);
        release(&file);
    }
}

static void put_fragments(build *b, bool delimited, uint32_t last_length) {
    put_header(b, DCM_TAG_PIXEL_DATA, "OB", DCM_UNDEFINED_LENGTH);
    put_header(b, DCM_TAG_ITEM, "", 0);
    put_header(b, DCM_TAG_ITEM, "", last_length);
    put(b, "abcd", 4);
    if (!delimited) return;
    put_header(b, DCM_TAG_SEQUENCE_END, "", 0);
    put_bytes(b, 0xFFFCFFFC, "OB", 2);
}

/* As they are where they are right; a missing delimiter is added, and what was cut gets a length that is
 * true. */
static void fragments_are_taken_over_or_refused(void) {
    for (int form = 0; form < 3; form++) {
        scanned file = {0};
        build expected = {0};
        start(&file.b, "1.2.840.10008.1.2.5");
        put_fragments(&file.b, form == 0, form == 2 ? 400 : 4);
        scan(&file, 0);
        put_fragments(&expected, true, 4);
        if (form) expected.nbytes -= 14; /* nothing stood behind */
        for (int to = 0; to < NENCODINGS; to++) {
            for (int lengths = DCM_LENGTHS_KEEP; lengths <= DCM_LENGTHS_UNDEFINED; lengths++) {
                dcm_emitter emitter;
                dcm_emit_init(&emitter, encodings[to], (dcm_lengths)lengths);
                dcm_rewrite rewrite = rewrite_of(&file, &emitter);
                const dcm_status status = dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL);
                CHECK(status == (to == 0 ? DCM_OK : DCM_E_ENCODED));
                CHECK(to == 0 || dcm_rewrite_row(&rewrite) != DCM_NO_ROW);
                if (to == 0) check_same(&emitter, &file.source, &expected);
                dcm_emit_free(&emitter);
            }
        }
        free(expected.bytes);
        release(&file);
    }
}

/* Cut in a sequence or an item: its length is made true, or new elements behind it would be taken for its
 * content. */
static void what_was_cut_ends_where_it_ends(void) {
    for (int undefined = 0; undefined < 2; undefined++) {
        build whole = {0};
        start(&whole, syntaxes[0]);
        const uint64_t body = whole.nbytes;
        put_data_set(&whole, undefined);
        for (uint64_t nbytes = body + 8; nbytes < whole.nbytes; nbytes++) {
            scanned file = {.b = {.capacity = nbytes, .nbytes = nbytes}};
            file.b.bytes = malloc(nbytes);
            if (!file.b.bytes) abort();
            memcpy(file.b.bytes, whole.bytes, nbytes);
            scan(&file, 0);
            dcm_emitter emitter;
            dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
            dcm_rewrite rewrite = rewrite_of(&file, &emitter);
            CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
            CHECK(dcm_emit_element(&emitter, 0xFFFCFFFC, DCM_VR_OB, (const uint8_t *)"end!", 4) == DCM_OK);
            scanned twin = {.b = {.nbytes = body + emitter.plan.nbytes}};
            twin.b.bytes = malloc(twin.b.nbytes);
            uint8_t *out = bytes_of(&emitter, &file.source);
            if (!twin.b.bytes) abort();
            memcpy(twin.b.bytes, whole.bytes, body);
            memcpy(twin.b.bytes + body, out, emitter.plan.nbytes);
            scan(&twin, 0);
            CHECK(twin.index.nfindings == 0);
            CHECK(dcm_index_find(&twin.index, DCM_NO_ROW, 0xFFFCFFFC) == twin.index.nrows - 1);
            CHECK(twin.index.ntop == file.index.ntop + 1);
            free(out);
            dcm_emit_free(&emitter);
            release(&twin);
            release(&file);
        }
        free(whole.bytes);
    }
}

/* Retired, and wrong once something changes. PS3.5 §7.2 */
static void group_lengths_are_left_out(void) {
    for (int kept = 0; kept < 2; kept++) {
        scanned file = {0};
        build item = {0}, expected = {0};
        put_numbers(&item, 0x00080000, "UL", 1, 4);
        put_text(&item, 0x00080100, "SH", "T-D0");
        start(&file.b, syntaxes[0]);
        put_numbers(&file.b, 0x00080000, "UL", 1, 4);
        put_sequence(&file.b, 0x00082112, &item, 1, true);
        put_numbers(&file.b, 0x00100000, "UL", 1, 4);
        scan(&file, 0);
        dcm_emitter emitter;
        dcm_emit_init(&emitter, encodings[0], kept ? DCM_LENGTHS_KEEP : DCM_LENGTHS_DEFINED);
        dcm_rewrite rewrite = rewrite_of(&file, &emitter);
        rewrite.group_lengths = kept;
        CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
        if (!kept) item.nbytes -= 12, memmove(item.bytes, item.bytes + 12, item.nbytes);
        if (kept) put_numbers(&expected, 0x00080000, "UL", 1, 4);
        put_sequence(&expected, 0x00082112, &item, 1, kept);
        if (kept) put_numbers(&expected, 0x00100000, "UL", 1, 4);
        check_same(&emitter, &file.source, &expected);
        dcm_emit_free(&emitter);
        free(item.bytes);
        free(expected.bytes);
        release(&file);
    }
}

static void what_was_not_scanned_is_the_callers_task(void) {
    scanned file = {0};
    start(&file.b, syntaxes[0]);
    put_data_set(&file.b, false);
    scan(&file, 16);
    dcm_emitter emitter;
    dcm_emit_init(&emitter, encodings[2], DCM_LENGTHS_KEEP);
    dcm_rewrite rewrite = rewrite_of(&file, &emitter);
    CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_NEED_MORE);
    CHECK(file.index.rows[dcm_rewrite_row(&rewrite)].tag == 0x00082112);
    dcm_rewrite_skip(&rewrite);
    CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
    dcm_emit_free(&emitter);
    dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP); /* as it stands it needs no scan */
    rewrite = rewrite_of(&file, &emitter);
    CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
    CHECK(emitter.plan.nsegments == 1);
    dcm_emit_free(&emitter);
    release(&file);
}

/* Doubled and unordered elements at top level come out once and in order; cut values get a length that is
 * true. */
static void damaged_files_become_well_formed(void) {
    scanned file = {0};
    build expected = {0};
    start(&file.b, syntaxes[0]);
    put_text(&file.b, 0x00100020, "LO", "second");
    put_text(&file.b, 0x00100010, "PN", "once");
    put_text(&file.b, 0x00100010, "PN", "twice^");
    put_header(&file.b, 0x7FE00010, "OB", 100);
    put(&file.b, "cut", 3);
    scan(&file, 0);
    dcm_emitter emitter;
    dcm_emit_init(&emitter, encodings[0], DCM_LENGTHS_KEEP);
    dcm_rewrite rewrite = rewrite_of(&file, &emitter);
    CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
    put_text(&expected, 0x00100010, "PN", "twice^");
    put_text(&expected, 0x00100020, "LO", "second");
    put_header(&expected, 0x7FE00010, "OB", 4);
    put(&expected, "cut", 4);
    check_same(&emitter, &file.source, &expected);
    dcm_emit_free(&emitter);
    free(expected.bytes);
    release(&file);
}

/* Cells of 32 bits are OW as well, and change their byte order as a whole. */
static void wide_cells_change_as_a_whole(void) {
    static const uint16_t allocated[] = {8, 16, 32, 64};
    for (size_t i = 0; i < 4; i++) {
        scanned file = {0};
        start(&file.b, syntaxes[0]);
        put_header(&file.b, 0x00280100, "US", 2);
        put_number(&file.b, allocated[i], 2);
        put_numbers(&file.b, 0x7FE00010, "OW", 2, 8);
        scan(&file, 0);
        dcm_emitter emitter;
        dcm_emit_init(&emitter, encodings[1], DCM_LENGTHS_KEEP);
        dcm_rewrite rewrite = rewrite_of(&file, &emitter);
        CHECK(dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL) == DCM_OK);
        uint8_t *out = bytes_of(&emitter, &file.source), cells[16];
        memcpy(cells, file.b.bytes + file.b.nbytes - 16, 16);
        dcm_swap_units(cells, 16, allocated[i] < 32 ? 2 : allocated[i] / 8u);
        CHECK(memcmp(out + emitter.plan.nbytes - 16, cells, 16) == 0);
        free(out);
        dcm_emit_free(&emitter);
        release(&file);
    }
}

int main(void) {
    every_encoding_into_every_other();
    an_edit_stands_between_ranges();
    children_of_an_item();
    fragments_are_taken_over_or_refused();
    what_was_cut_ends_where_it_ends();
    group_lengths_are_left_out();
    what_was_not_scanned_is_the_callers_task();
    damaged_files_become_well_formed();
    wide_cells_change_as_a_whole();
    return check_result();
}
