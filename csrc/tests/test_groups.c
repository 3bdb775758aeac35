/* Functional groups as columns against definitions of a few lines: what is found in random items, scanned or
   not, and what numbers become. PS3.3 §C.7.6.16. */
#include "build.h"
#include "groupvalues.h"
#include "scan_checks.h"

#include <math.h>

#define PER_FRAME 0x52009230u
#define NPATHS 7u

/* Position by keyword and by path, two attributes by keyword only, one that is nowhere, one at depth 2, one
   in a private sequence. */
static const uint32_t tags[] = {0x00200032, 0x00209113, 0x00200032, 0x00181314, 0x00209056,
                                0x00080050, 0x00089124, 0x0040A170, 0x00080100, 0x00191001};
static const uint32_t firsts[NPATHS] = {0, 1, 3, 4, 5, 6, 9}, counts[NPATHS] = {1, 2, 1, 1, 1, 3, 1};

static void make_paths(dcm_groups_path *paths) {
    for (uint32_t p = 0; p < NPATHS; p++)
        paths[p] =
            (dcm_groups_path){.tags = tags + firsts[p], .ntags = counts[p], .anywhere = counts[p] == 1};
}

/* A container: its header, then its content, of defined or undefined length. */
static void put_inside(build *b, uint32_t tag, bool undefined, const build *content) {
    put_header(b, tag, "SQ", undefined ? DCM_UNDEFINED_LENGTH : (uint32_t)content->nbytes);
    put(b, content->bytes, content->nbytes);
    if (undefined) put_header(b, tag == DCM_TAG_ITEM ? DCM_TAG_ITEM_END : DCM_TAG_SEQUENCE_END, "", 0);
}

static void put_sequence(build *b, uint32_t tag, bool undefined, uint32_t nitems, const build *content) {
    build items = {.implicit = b->implicit, .big = b->big};
    for (uint32_t i = 0; i < nitems; i++)
        put_inside(&items, DCM_TAG_ITEM, undefined, content);
    put_inside(b, tag, undefined, &items);
    free(items.bytes);
}

/* Tags ascend, but for shapes with bit 10. */
static void put_item(build *b, uint64_t shape, bool undefined) {
    build item = {.implicit = b->implicit, .big = b->big}, macro = item, inner = item, deep = item;
    put_text(&inner, 0x00080100, "SH", "CODE");
    put_sequence(&deep, 0x0040A170, undefined, 1, &inner);
    if (shape & 2) put_sequence(&item, 0x00089124, undefined, shape & 4 ? 1 : 0, &deep);
    put_text(&macro, 0x00181314, "DS", "90");
    if (shape & 1) put_sequence(&item, 0x00189112, undefined, 2, &macro);
    macro.nbytes = 0;
    put_text(&macro, 0x00191001, "LO", "x ");
    put_text(&macro, 0x00200032, "DS", "7\\8\\9 ");
    if (shape & 8 && !b->implicit) put_sequence(&item, 0x00191010, undefined, 1, &macro);
    if (shape & 16) put_text(&item, 0x00200032, "DS", "1\\2 ");
    if (shape & 512 && !(shape & 1024)) put_text(&item, 0x00209056, "SH", "own ");
    macro.nbytes = 0;
    put_text(&macro, 0x00209056, "SH", shape & 32 ? "stack " : "");
    if (shape & 64) put_sequence(&item, 0x00209111, undefined, 1, &macro);
    macro.nbytes = 0;
    put_text(&macro, 0x00200032, "DS", shape & 128 ? "-1.5\\2\\3e2" : "1\\2\\3 ");
    if (shape & 256) put_sequence(&item, 0x00209113, undefined, 1, &macro);
    if (shape & 512 && shape & 1024) put_text(&item, 0x00209056, "SH", "own ");
    if (shape & 2048) put_sequence(&item, 0x00189115, undefined, 1, &macro);
    put_inside(b, DCM_TAG_ITEM, undefined, &item);
    free(item.bytes), free(macro.bytes), free(inner.bytes), free(deep.bytes);
}

static uint32_t child(const dcm_index *index, uint32_t parent, uint32_t tag) {
    uint32_t found = DCM_NO_ROW;
    for (uint32_t i = 0; i < index->nrows; i++)
        if (index->rows[i].parent == parent && index->rows[i].tag == tag) found = i;
    return found;
}

/* What a path leads to, by looking at every row. */
static uint32_t find_slowly(const dcm_index *index, uint32_t item, const dcm_groups_path *path) {
    uint32_t row = item;
    for (uint32_t i = 0; i < path->ntags && row != DCM_NO_ROW; i++) {
        if (i) row = index->rows[row].end > row + 1 ? row + 1 : DCM_NO_ROW;
        if (row != DCM_NO_ROW) row = child(index, row, path->tags[i]);
    }
    if (row != DCM_NO_ROW || !path->anywhere) return row;
    for (uint32_t odd = 0; odd < 2; odd++) {
        uint32_t best = DCM_NO_ROW;
        for (uint32_t i = 0; i < index->nrows; i++) {
            const dcm_element *at = &index->rows[i];
            if (at->parent != item || at->vr != DCM_VR_SQ || at->end == i + 1 || (at->tag >> 16 & 1) != odd)
                continue;
            if (child(index, i + 1, path->tags[0]) == DCM_NO_ROW) continue;
            if (best == DCM_NO_ROW || at->tag < index->rows[best].tag) best = i;
        }
        if (best != DCM_NO_ROW) return child(index, best + 1, path->tags[0]);
    }
    return DCM_NO_ROW;
}

static bool cells_equal(const dcm_groups_cell *a, const dcm_groups_cell *b) {
    if (a->state != b->state) return false;
    return a->state != DCM_GROUPS_FOUND ||
           (a->offset == b->offset && a->length == b->length && a->vr == b->vr && a->flags == b->flags);
}

static void scan(build *b, uint64_t lazy_nbytes, dcm_index *index) {
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_scan_options_init(&options);
    options.lazy_nbytes = lazy_nbytes;
    dcm_index_init(index);
    const dcm_encoding encoding = {.implicit = b->implicit, .big = b->big};
    dcm_scan_init_range(&scanner, &options, 0, b->nbytes, encoding, false);
    CHECK(dcm_scan_run(&scanner, b->bytes, b->nbytes, true, index) == DCM_OK);
    CHECK(dcm_index_freeze(index) == DCM_OK);
}

static void add_scanned(dcm_groups *groups, const dcm_index *index) {
    uint32_t items[4096], n = 0;
    const uint32_t sequence = dcm_index_find(index, DCM_NO_ROW, PER_FRAME);
    for (uint32_t i = sequence + 1; i < index->rows[sequence].end && n < 4096; i = index->rows[i].end)
        items[n++] = i;
    CHECK(dcm_groups_add(groups, index, items, n) == DCM_OK);
    CHECK(groups->nframes == n);
    for (uint32_t f = 0; f < n; f++) {
        for (uint32_t p = 0; p < groups->npaths; p++) {
            const uint32_t row = find_slowly(index, items[f], &groups->paths[p]);
            const dcm_groups_cell *cell = &groups->cells[f * groups->npaths + p];
            CHECK((cell->state == DCM_GROUPS_FOUND) == (row != DCM_NO_ROW));
            if (row != DCM_NO_ROW) CHECK(cell->offset == index->rows[row].offset);
        }
    }
}

static void items_are_searched_whatever_their_shape(bool implicit, bool big, bool undefined, bool unsorted,
                                                    uint64_t seed) {
    build b = {.implicit = implicit, .big = big}, items = b;
    uint64_t random = seed, shape = 0x1FF;
    for (int i = 0; i < 400; i++) {
        if (next_random(&random) % 4 == 0) shape = next_random(&random) % (unsorted ? 4096 : 1024);
        put_item(&items, shape, undefined);
    }
    put_inside(&b, PER_FRAME, undefined, &items);

    dcm_index index;
    dcm_groups_path paths[NPATHS], others[NPATHS];
    dcm_groups groups, unscanned;
    make_paths(paths), make_paths(others);
    scan(&b, 0, &index);
    dcm_groups_init(&groups, paths, NPATHS);
    add_scanned(&groups, &index);
    dcm_index_free(&index);

    dcm_source source;
    bool sound = undefined;
    dcm_source_borrow(&source, b.bytes, b.nbytes);
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    dcm_groups_init(&unscanned, others, NPATHS);
    scan(&b, 1, &index);
    CHECK((index.rows[0].flags & DCM_ROW_LAZY) == (undefined ? 0 : DCM_ROW_LAZY));
    CHECK(dcm_groups_add_unscanned(&unscanned, &source, &index.rows[0], &options, &sound) == DCM_OK);
    CHECK(sound == (!undefined && !unsorted));
    CHECK(unscanned.nframes == (sound ? groups.nframes : 0));
    for (uint64_t i = 0; i < unscanned.nframes * NPATHS; i++)
        CHECK(cells_equal(&groups.cells[i], &unscanned.cells[i]));

    dcm_groups_column column;
    CHECK(dcm_groups_measure(&groups, 4, &source, &column) == DCM_OK);
    CHECK(column.uniform && column.vr == DCM_VR_NONE && column.max_nvalues == 0);
    CHECK(dcm_groups_measure(&groups, 1, &source, &column) == DCM_OK);
    CHECK(column.uniform && column.vr == DCM_VR_DS && column.max_nvalues == 3);

    dcm_groups_free(&groups), dcm_groups_free(&unscanned);
    dcm_index_free(&index);
    dcm_source_free(&source);
    free(b.bytes), free(items.bytes);
}

/* Each byte of the sequence changed in turn: what counts as well formed is what the scanner finds. */
static void unscanned_items_are_those_of_the_scanner(void) {
    build b = {0}, items = {0};
    for (uint64_t i = 0; i < 3; i++)
        put_item(&items, 0x1FF - 4 * i, false);
    put_inside(&b, PER_FRAME, false, &items);
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    uint32_t nsound = 0;
    for (uint64_t at = 12; at < b.nbytes; at++) {
        static const uint8_t changes[] = {0x01, 0x02, 0x20, 0x80, 0xFF};
        for (size_t c = 0; c < sizeof changes; c++) {
            dcm_index index;
            dcm_groups_path paths[NPATHS], others[NPATHS];
            dcm_groups groups, unscanned;
            dcm_source source;
            bool sound;
            b.bytes[at] ^= changes[c];
            make_paths(paths), make_paths(others);
            dcm_source_borrow(&source, b.bytes, b.nbytes);
            dcm_groups_init(&groups, paths, NPATHS), dcm_groups_init(&unscanned, others, NPATHS);
            scan(&b, 1, &index);
            CHECK(dcm_groups_add_unscanned(&unscanned, &source, &index.rows[0], &options, &sound) == DCM_OK);
            dcm_index_free(&index);
            if (sound) {
                nsound++;
                scan(&b, 0, &index);
                add_scanned(&groups, &index);
                CHECK(groups.nframes == unscanned.nframes);
                for (uint64_t i = 0; i < groups.nframes * NPATHS && groups.nframes == unscanned.nframes; i++)
                    CHECK(cells_equal(&groups.cells[i], &unscanned.cells[i]));
                dcm_index_free(&index);
            } else {
                CHECK(unscanned.nframes == 0);
            }
            dcm_groups_free(&groups), dcm_groups_free(&unscanned);
            dcm_source_free(&source);
            b.bytes[at] ^= changes[c];
        }
    }
    CHECK(nsound > 100);
    free(b.bytes), free(items.bytes);
}

/* One item a frame with one element of that VR; text in blocks of exact size. */
static void numbers(const char *vr, bool big, const char *const *texts, uint32_t n, uint64_t k, void *out,
                    uint8_t *mask, uint64_t *nmissing) {
    build b = {.big = big};
    static const uint32_t tag = 0x00200032;
    uint32_t items[16], nrows = 0;
    dcm_index index;
    dcm_index_init(&index);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t nbytes = texts[i] ? strlen(texts[i]) : 0;
        dcm_element item = {.tag = DCM_TAG_ITEM, .parent = DCM_NO_ROW, .end = nrows + (texts[i] ? 2 : 1)};
        dcm_element element = {.offset = b.nbytes,
                               .length = nbytes,
                               .tag = tag,
                               .parent = nrows,
                               .end = nrows + 2,
                               .vr = DCM_VR(vr[0], vr[1]),
                               .depth = 1,
                               .flags = big ? DCM_ROW_BIG_ENDIAN : 0};
        uint32_t row;
        CHECK(dcm_index_add(&index, &item, &items[i]) == DCM_OK);
        if (texts[i]) CHECK(dcm_index_add(&index, &element, &row) == DCM_OK);
        put(&b, texts[i], nbytes);
        nrows = index.nrows;
    }
    uint8_t *exact = malloc(b.nbytes ? b.nbytes : 1);
    if (!exact) abort();
    if (b.nbytes) memcpy(exact, b.bytes, b.nbytes);
    dcm_source source;
    dcm_source_borrow(&source, exact, b.nbytes);
    dcm_groups_path path = {.tags = &tag, .ntags = 1};
    dcm_groups groups;
    dcm_groups_column column;
    dcm_groups_init(&groups, &path, 1);
    CHECK(dcm_groups_add(&groups, &index, items, n) == DCM_OK);
    CHECK(dcm_groups_measure(&groups, 0, &source, &column) == DCM_OK);
    CHECK(column.uniform && column.vr == DCM_VR(vr[0], vr[1]) && column.max_nvalues == k);
    CHECK(dcm_groups_numbers(&groups, 0, &source, column.vr, k, out, mask, nmissing) == DCM_OK);
    groups.cells[0] =
        (dcm_groups_cell){.offset = b.nbytes, .length = 2, .vr = column.vr, .state = DCM_GROUPS_FOUND};
    /* outside the source: nothing is written */
    CHECK(dcm_groups_numbers(&groups, 0, &source, column.vr, k, out, mask, nmissing) == DCM_E_RANGE);
    dcm_groups_free(&groups);
    dcm_index_free(&index);
    free(b.bytes), free(exact);
}

static void text_becomes_numbers_or_is_missing(void) {
    static const char *const texts[] = {"1\\-2.5e1\\3 ", "1\\-2.5e1\\3 ", NULL, "", " 4 \\x\\6", "7 ", "\\8"};
    static const double want[7][3] = {{1, -25, 3}, {1, -25, 3},   {NAN, NAN, NAN}, {NAN, NAN, NAN},
                                      {4, NAN, 6}, {7, NAN, NAN}, {NAN, 8, NAN}};
    double out[7][3];
    uint8_t mask[7][3];
    uint64_t nmissing;
    numbers("DS", false, texts, 7, 3, out, &mask[0][0], &nmissing);
    uint64_t n = 0;
    for (int f = 0; f < 7; f++) {
        for (int i = 0; i < 3; i++) {
            CHECK(isnan(want[f][i]) ? isnan(out[f][i]) : out[f][i] == want[f][i]);
            CHECK(mask[f][i] == isnan(want[f][i]));
            n += isnan(want[f][i]);
        }
    }
    CHECK(nmissing == n);

    static const char *const integers[] = {"12\\-7", "1.5\\2", NULL};
    int64_t whole[3][2];
    uint8_t absent[3][2];
    numbers("IS", false, integers, 3, 2, whole, &absent[0][0], &nmissing);
    CHECK(whole[0][0] == 12 && whole[0][1] == -7 && whole[1][0] == 0 && whole[1][1] == 2);
    CHECK(absent[1][0] == 1 && absent[1][1] == 0 && absent[2][0] == 1 && nmissing == 3);
}

static void long_text_is_the_same_as_short(void) {
    char text[2048] = "";
    for (int i = 0; i < 300; i++)
        strcat(text, i == 200 ? "\\no" : i ? "\\1.25" : "1.25");
    const char *const texts[] = {text, text, "3\\4"};
    double out[3][300];
    uint8_t mask[3][300];
    uint64_t nmissing;
    numbers("DS", false, texts, 3, 300, out, &mask[0][0], &nmissing);
    CHECK(nmissing == 2 + 298);
    for (int i = 0; i < 300; i++)
        CHECK(i == 200 ? isnan(out[1][i]) : out[0][i] == 1.25 && out[1][i] == 1.25);
    CHECK(out[2][1] == 4 && isnan(out[2][2]));
}

static void binary_numbers_come_in_the_order_of_the_machine(void) {
    static const char *const texts[] = {"\1\2\3\4", "\1\2"};
    uint64_t nmissing;
    uint8_t mask[2][2];
    for (int big = 0; big < 2; big++) {
        uint16_t shorts[2][2];
        numbers("US", big, texts, 2, 2, shorts, &mask[0][0], &nmissing);
        CHECK(shorts[0][0] == (big ? 0x0102 : 0x0201) && shorts[0][1] == (big ? 0x0304 : 0x0403));
        CHECK(shorts[1][1] == 0 && mask[1][1] == 1 && nmissing == 1);
        uint32_t longs[2][1];
        numbers("AT", big, texts, 2, 1, longs, &mask[0][0], &nmissing);
        CHECK(longs[0][0] == (big ? 0x01020304u : 0x02010403u) && nmissing == 1);
        numbers("UL", big, texts, 2, 1, longs, &mask[0][0], &nmissing);
        CHECK(longs[0][0] == (big ? 0x01020304u : 0x04030201u) && longs[1][0] == 0);
        float reals[2][1];
        numbers("FL", big, texts, 2, 1, reals, &mask[0][0], &nmissing);
        CHECK(isnan(reals[1][0]) && !isnan(reals[0][0]));
    }
}

static void missing_frames_are_filled_from_another_item(void) {
    build b = {0}, items = {0};
    put_item(&items, 256, false);
    put_item(&items, 1, false);
    put_inside(&b, PER_FRAME, false, &items);
    dcm_index index;
    dcm_groups_path paths[NPATHS];
    dcm_groups groups;
    make_paths(paths);
    scan(&b, 0, &index);
    dcm_groups_init(&groups, paths, NPATHS);
    CHECK(dcm_groups_add(&groups, &index, (uint32_t[]){1}, 1) == DCM_OK);
    CHECK(dcm_groups_resize(&groups, 3) == DCM_OK);
    CHECK(groups.cells[NPATHS].state == DCM_GROUPS_ABSENT);
    dcm_groups_fill(&groups, &index, index.rows[1].end);
    CHECK(groups.cells[0].state == DCM_GROUPS_FOUND && groups.cells[NPATHS].state == DCM_GROUPS_ABSENT);
    for (uint32_t f = 0; f < 3; f++)
        CHECK(groups.cells[f * NPATHS + 2].state == DCM_GROUPS_FOUND); /* Flip Angle of the second item */
    dcm_groups_fill_path(&groups, 0, &(dcm_element){.offset = 5, .vr = DCM_VR_DS});
    CHECK(groups.cells[0].offset != 5 && groups.cells[NPATHS].offset == 5);
    CHECK(dcm_groups_resize(&groups, UINT64_MAX / 2) == DCM_E_NO_MEMORY);
    CHECK(groups.nframes == 3 && !groups.own_context);
    dcm_groups_free(&groups);
    dcm_index_free(&index);
    free(b.bytes), free(items.bytes);
}

int main(void) {
    for (int kind = 0; kind < 16; kind++)
        items_are_searched_whatever_their_shape(kind & 1, kind & 2, kind & 4, kind & 8, (uint64_t)kind + 1);
    unscanned_items_are_those_of_the_scanner();
    text_becomes_numbers_or_is_missing();
    long_text_is_the_same_as_short();
    binary_numbers_come_in_the_order_of_the_machine();
    missing_frames_are_filled_from_another_item();
    return check_result();
}
