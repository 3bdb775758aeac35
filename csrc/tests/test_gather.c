/* Bulk reading without Python: rows in order, gaps, threads, statuses, Arrow export. PS3.10 §7.1.
 */
#include "arrow_out.h"
#include "check.h"
#include "gather.h"
#include "textmemo.h"
#include "vr.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NFILES 300u

static char folder[] = "dcm-gather-XXXXXX";

/* A file that is being written, explicit VR little endian. */
typedef struct draft {
    uint8_t *bytes;
    size_t nbytes, cap;
} draft;

static void append(draft *d, const void *bytes, size_t nbytes) {
    if (d->cap - d->nbytes < nbytes) {
        d->cap = d->nbytes + nbytes + 4096;
        d->bytes = realloc(d->bytes, d->cap);
    }
    if (bytes)
        memcpy(d->bytes + d->nbytes, bytes, nbytes);
    else
        memset(d->bytes + d->nbytes, 0, nbytes);
    d->nbytes += nbytes;
}

static void element(draft *d, uint32_t tag, const char *vr, const void *value, uint32_t nbytes) {
    bool wide = dcm_vr_class_of(dcm_load_u16le((const uint8_t *)vr)) == DCM_VR_LONG;
    uint8_t header[12] = {(uint8_t)(tag >> 16),
                          (uint8_t)(tag >> 24),
                          (uint8_t)tag,
                          (uint8_t)(tag >> 8),
                          (uint8_t)vr[0],
                          (uint8_t)vr[1],
                          0,
                          0};
    uint8_t *length = header + (wide ? 8 : 6);
    length[0] = (uint8_t)nbytes;
    length[1] = (uint8_t)(nbytes >> 8);
    if (wide) {
        length[2] = (uint8_t)(nbytes >> 16);
        length[3] = (uint8_t)(nbytes >> 24);
    }
    append(d, header, wide ? 12 : 8);
    append(d, value, nbytes);
}

static void text(draft *d, uint32_t tag, const char *vr, const char *value) {
    element(d, tag, vr, value, (uint32_t)strlen(value));
}

static void begin(draft *d, const char *transfer_syntax, uint32_t nbytes) {
    memset(d, 0, sizeof *d);
    append(d, NULL, 128);
    append(d, "DICM", 4);
    element(d, 0x00020010, "UI", transfer_syntax, nbytes);
}

static void save(const draft *d, const char *path) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(d->bytes, 1, d->nbytes, file) == d->nbytes);
    if (file) fclose(file);
}

static void path_of(char *path, size_t cap, unsigned i) {
    snprintf(path, cap, "%s/%03u", folder, i);
}

enum { C_PATH, C_STATUS, C_NAME, C_NUMBER, C_TYPE, C_SPACING, C_BIG, C_AFTER, NCOLUMNS };

static const dcm_column columns[NCOLUMNS] = {
    {.name = "path", .source = DCM_COLUMN_PATH},
    {.name = "status", .source = DCM_COLUMN_STATUS},
    {.name = "PatientName", .nsteps = 1, .vr = DCM_VR_PN, .steps = {{.tag = 0x00100010}}},
    {.name = "InstanceNumber",
     .type = DCM_CELL_INT,
     .nsteps = 1,
     .vr = DCM_VR_IS,
     .steps = {{.tag = 0x00200013}}},
    {.name = "ImageType", .list = true, .nsteps = 1, .vr = DCM_VR_CS, .steps = {{.tag = 0x00080008}}},
    {.name = "PixelSpacing",
     .type = DCM_CELL_FLOAT,
     .list = true,
     .nsteps = 1,
     .vr = DCM_VR_DS,
     .steps = {{.tag = 0x00280030}}},
    {.name = "big",
     .nsteps = 1,
     .vr = DCM_VR_UT,
     .steps = {{.tag = 0x00290010, .creator = "ACME", .creator_nbytes = 4}}},
    {.name = "Rows", .type = DCM_CELL_INT, .nsteps = 1, .vr = DCM_VR_US, .steps = {{.tag = 0x00280010}}},
};

/* Every seventh file has 200 KB of private text before what is asked for, every tenth is cut. */
static void write_files(void) {
    char *many = malloc(200000);
    memset(many, 'x', 200000);
    for (unsigned i = 0; i < NFILES; i++) {
        draft d;
        char path[64], value[32];
        begin(&d, "1.2.840.10008.1.2.1", 20);
        text(&d, 0x00080008, "CS", "ORIGINAL\\PRIMARY");
        snprintf(value, sizeof value, "Name^%u%s", i, i % 2 ? " " : "");
        text(&d, 0x00100010, "PN", value);
        if (i % 7 == 0) {
            text(&d, 0x00110010, "LO", "OTHER ");
            element(&d, 0x00111001, "UT", many, 200000);
        }
        snprintf(value, sizeof value, "%6u", i);
        text(&d, 0x00200013, "IS", value);
        element(&d, 0x00280010, "US", "\x00\x02", 2);
        text(&d, 0x00280030, "DS", i % 3 ? "0.5\\bad " : "");
        if (i % 5 == 0) {
            text(&d, 0x00290010, "LO", "NONE");
            text(&d, 0x00290011, "LO", "ACME");
            element(&d, 0x00291110, "UT", many, 200000);
            text(&d, 0x00321060, "LO", "behind");
        }
        if (i % 10 == 9) d.nbytes -= 4;
        path_of(path, sizeof path, i);
        save(&d, path);
        free(d.bytes);
    }
    free(many);
}

static bool cell_is(const dcm_batch *batch, uint32_t c, uint64_t i, const char *want) {
    const dcm_batch_column *column = &batch->columns[c];
    bool valid = column->value_bitmap[i >> 3] >> (i & 7) & 1;
    if (!want || !valid) return !want && !valid;
    uint64_t start = column->slots[i], n = column->slots[i + 1] - start;
    return n == strlen(want) && memcmp(column->text + start, want, n) == 0;
}

static void check_batch(const dcm_batch *batch) {
    CHECK(batch && batch->nrows == NFILES && batch->ncolumns == NCOLUMNS);
    if (!batch) return;
    uint64_t value = 0;
    for (unsigned i = 0; i < NFILES; i++) {
        char want[64];
        path_of(want, sizeof want, i);
        CHECK(cell_is(batch, C_PATH, i, want));
        bool cut = i % 10 == 9;
        CHECK(cell_is(batch, C_STATUS, i, cut ? "truncated" : "ok"));
        snprintf(want, sizeof want, "Name^%u", i);
        CHECK(cell_is(batch, C_NAME, i, want));
        CHECK(batch->columns[C_NUMBER].slots[i] == i);
        CHECK(cell_is(batch, C_TYPE, 2 * i, "ORIGINAL") && cell_is(batch, C_TYPE, 2 * i + 1, "PRIMARY"));
        const dcm_batch_column *spacing = &batch->columns[C_SPACING];
        bool has_spacing = i % 3 != 0 && !(cut && i % 5 != 0);
        CHECK((spacing->row_bitmap[i >> 3] >> (i & 7) & 1) == has_spacing);
        CHECK(spacing->row_offsets[i + 1] - spacing->row_offsets[i] == (has_spacing ? 2 : 0));
        if (has_spacing) {
            double number;
            memcpy(&number, &spacing->slots[value], sizeof number);
            CHECK(number == 0.5);
            CHECK((spacing->value_bitmap[value >> 3] >> (value & 7) & 1) == 1);
            CHECK((spacing->value_bitmap[(value + 1) >> 3] >> ((value + 1) & 7) & 1) == 0);
            value += 2;
        }
        const dcm_batch_column *big = &batch->columns[C_BIG];
        CHECK(big->slots[i + 1] - big->slots[i] == (i % 5 == 0 ? 200000 : 0));
        CHECK(batch->columns[C_AFTER].slots[i] == 512);
    }
}

static void rows_come_in_order_whatever_the_threads(void) {
    static char names[NFILES][64];
    const char *paths[NFILES];
    for (unsigned i = 0; i < NFILES; i++) {
        path_of(names[i], sizeof names[i], i);
        paths[i] = names[i];
    }
    dcm_gather_hooks hooks = {.context = NULL};
    for (uint32_t nworkers = 1; nworkers <= 4; nworkers++) {
        dcm_gather *gather = dcm_gather_new(columns, NCOLUMNS, nworkers);
        for (int again = 0; again < 2; again++) {
            dcm_batch *batch = dcm_gather_run(gather, paths, NFILES, &hooks);
            check_batch(batch);
            if (batch) dcm_batch_release(batch);
        }
        dcm_batch *empty = dcm_gather_run(gather, paths, 0, &hooks);
        CHECK(empty && empty->nrows == 0);
        if (empty) dcm_batch_release(empty);
        dcm_gather_cancel(gather);
        CHECK(dcm_gather_run(gather, paths, NFILES, &hooks) == NULL);
        dcm_gather_free(gather);
    }
}

static void children_outlive_the_batch(void) {
    char name[64];
    path_of(name, sizeof name, 1);
    const char *paths[] = {name};
    dcm_gather_hooks hooks = {.context = NULL};
    dcm_gather *gather = dcm_gather_new(columns, NCOLUMNS, 1);
    dcm_batch *batch = dcm_gather_run(gather, paths, 1, &hooks);
    struct ArrowArray array;
    struct ArrowSchema schema;
    CHECK(dcm_arrow_array(batch, &array) == DCM_OK);
    CHECK(dcm_arrow_schema(columns, NCOLUMNS, &schema) == DCM_OK);
    dcm_batch_release(batch);
    dcm_gather_free(gather);
    struct ArrowArray moved = *array.children[C_TYPE];
    array.children[C_TYPE]->release = NULL;
    struct ArrowSchema field = *schema.children[C_TYPE];
    schema.children[C_TYPE]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CHECK(array.release == NULL && schema.release == NULL);
    CHECK(moved.length == 1 && moved.children[0]->length == 2);
    CHECK(memcmp(moved.children[0]->buffers[2], "ORIGINALPRIMARY", 15) == 0);
    CHECK(strcmp(field.format, "+L") == 0 && strcmp(field.name, "ImageType") == 0);
    CHECK(strcmp(field.children[0]->format, "U") == 0);
    moved.release(&moved);
    field.release(&field);
}

static void what_is_no_file_gives_a_status(void) {
    char pipe[64], nothing[64], empty[64];
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    snprintf(nothing, sizeof nothing, "%s/nothing", folder);
    snprintf(empty, sizeof empty, "%s/empty", folder);
    CHECK(mkfifo(pipe, 0600) == 0);
    save(&(draft){.bytes = NULL}, empty);
    const char *paths[] = {pipe, nothing, folder, empty, "/dev/null", ""};
    static const char *const want[] = {"not_regular", "not_found",   "not_regular",
                                       "not_dicom",   "not_regular", "not_found"};
    dcm_gather_hooks hooks = {.context = NULL};
    dcm_gather *gather = dcm_gather_new(columns, NCOLUMNS, 2);
    dcm_batch *batch = dcm_gather_run(gather, paths, 6, &hooks);
    for (uint64_t i = 0; i < 6; i++) {
        CHECK(cell_is(batch, C_STATUS, i, want[i]));
        CHECK(cell_is(batch, C_NAME, i, NULL));
    }
    dcm_batch_release(batch);
    dcm_gather_free(gather);
    unlink(pipe);
    unlink(empty);
}

static void utf8_is_told_from_other_bytes(void) {
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"abc", true},
        {"\xC3\xA4", true},
        {"\xE2\x82\xAC", true},
        {"\xF0\x9F\x98\x80", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"\xC3", false},
        {"\xC0\x80", false},
        {"\xE0\x80\x80", false},
        {"\xED\xA0\x80", false},
        {"\xF4\x90\x80\x80", false},
        {"\x80", false},
        {"\xF5\x80\x80\x80", false},
        {"\xE2\x82", false},
        {"a\xFF", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(dcm_is_utf8((const uint8_t *)cases[i].text, strlen(cases[i].text)) == cases[i].ok);
}

static dcm_borrowed borrowed(const char *bytes) {
    return (dcm_borrowed){(const uint8_t *)bytes, strlen(bytes)};
}

static void the_memo_gives_back_only_what_it_was_told(void) {
    dcm_textmemo *memo = calloc(1, sizeof *memo);
    dcm_borrowed none = {NULL, 0}, found;
    for (int i = 0; i < 1000; i++) {
        char name[16], utf8[16];
        snprintf(name, sizeof name, "n%d", i);
        snprintf(utf8, sizeof utf8, "u%d", i);
        CHECK(!dcm_textmemo_find(memo, borrowed(name), DCM_VR_PN, none, &found));
        dcm_textmemo_keep(memo, borrowed(name), DCM_VR_PN, none, borrowed(utf8));
        CHECK(dcm_textmemo_find(memo, borrowed(name), DCM_VR_PN, none, &found));
        CHECK(found.nbytes == strlen(utf8) && memcmp(found.p, utf8, found.nbytes) == 0);
        CHECK(!dcm_textmemo_find(memo, borrowed(name), DCM_VR_LO, none, &found));
        CHECK(!dcm_textmemo_find(memo, borrowed(name), DCM_VR_PN, borrowed("x"), &found));
    }
    dcm_textmemo_free(memo);
    free(memo);
}

int main(void) {
    if (!mkdtemp(folder)) return 1;
    write_files();
    rows_come_in_order_whatever_the_threads();
    children_outlive_the_batch();
    what_is_no_file_gives_a_status();
    utf8_is_told_from_other_bytes();
    the_memo_gives_back_only_what_it_was_told();
    for (unsigned i = 0; i < NFILES; i++) {
        char path[64];
        path_of(path, sizeof path, i);
        unlink(path);
    }
    rmdir(folder);
    return check_result();
}
