/* libFuzzer target: whatever can be scanned can be written, in every encoding and with every kind of lengths,
   and is scanned again as the same elements with the same values. */
#include "../tests/scan_checks.h"
#include "outfile.h"
#include "rewrite.h"

#define MOST_ROWS 4000u
#define TAG_LAST 0xFFFCFFFCu /* of an element that is added behind all: nothing may swallow it */
#define FACTOR UINT64_C(2654435761)

static const dcm_encoding encodings[] = {{false, false}, {false, true}, {true, false}};

/* A data set: its bytes and their index. */
typedef struct scanned {
    const uint8_t *bytes;
    dcm_source source;
    dcm_index index;
    uint64_t end; /* first byte behind the last element */
    dcm_encoding encoding;
} scanned;

static bool keep(scanned *s, dcm_status status, const uint8_t *bytes, uint64_t nbytes) {
    if (status == DCM_OK) status = dcm_index_freeze(&s->index);
    if (status != DCM_OK || s->index.nrows > MOST_ROWS) {
        dcm_index_free(&s->index);
        return false;
    }
    s->bytes = bytes;
    dcm_source_borrow(&s->source, bytes, nbytes);
    return true;
}

/* A file as it comes; false where there is nothing to write. */
static bool scan_file(scanned *s, const uint8_t *bytes, uint64_t nbytes) {
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_scan_options_init(&options);
    options.fragments = options.force = true;
    const dcm_status status = scan_bytes(&options, bytes, nbytes, PIECES_WHOLE, 0, true, &scanner, &s->index);
    s->end = scanner.pos;
    s->encoding = scanner.encoding;
    return keep(s, status, bytes, nbytes);
}

/* A bare data set in an encoding that is known. */
static bool scan_body(scanned *s, const uint8_t *bytes, uint64_t nbytes, dcm_encoding encoding) {
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.max_depth = DCM_SCAN_MAX_DEPTH;
    dcm_index_init(&s->index);
    dcm_scan_init_range(&scanner, &options, 0, nbytes, encoding, false);
    const dcm_status status = run_in_pieces(&scanner, bytes, nbytes, PIECES_WHOLE, 0, true, &s->index);
    s->end = nbytes;
    s->encoding = encoding;
    return keep(s, status, bytes, nbytes);
}

/* The data set in an encoding, with one element more if `more`; NULL where it cannot be in that. */
static uint8_t *rewritten(const scanned *s, dcm_encoding encoding, dcm_lengths lengths, bool more,
                          uint64_t *nbytes) {
    static dcm_emitter emitter;
    dcm_emit_init(&emitter, encoding, lengths);
    dcm_rewrite rewrite = {
        .emitter = &emitter, .index = &s->index, .source = &s->source, .end_offset = s->end};
    dcm_rewrite_list(&rewrite, s->index.top, s->index.ntop);
    dcm_status status = dcm_rewrite_until(&rewrite, more ? TAG_LAST : DCM_REWRITE_ALL);
    CHECK(status == DCM_OK || status == DCM_E_ENCODED);
    if (status == DCM_OK && more)
        status = dcm_emit_element(&emitter, TAG_LAST, DCM_VR_OB, (const uint8_t *)"last", 4);
    uint8_t *out = NULL;
    if (status == DCM_OK) {
        const dcm_plan_source from = {&s->source, NULL};
        *nbytes = emitter.plan.nbytes;
        out = malloc((size_t)*nbytes + 1);
        uint8_t *piece = malloc((size_t)*nbytes / 2 + 1);
        if (!out || !piece) abort();
        CHECK(dcm_plan_read(&emitter.plan, &from, 1, 0, *nbytes, out) == DCM_OK);
        CHECK(dcm_plan_read(&emitter.plan, &from, 1, *nbytes / 3, *nbytes / 2, piece) == DCM_OK);
        CHECK(memcmp(piece, out + *nbytes / 3, *nbytes / 2) == 0);
        free(piece);
    }
    dcm_emit_free(&emitter);
    return out;
}

/* Whether it is in order, and without tags that no element may have and no reader takes for one. */
static bool is_orderly(const dcm_index *index) {
    for (uint32_t i = index->nmeta; i < index->nrows; i++) {
        const dcm_element *row = &index->rows[i];
        if (row->tag == DCM_TAG_ITEM) continue;
        if (row->tag >> 16 == 2) return false; /* left out */
        if (row->tag >= TAG_LAST || ((row->tag & 0xFFFF) == 0 && row->end > i + 1)) return false;
    }
    return !index->top_unsorted && index->nreordered == 0;
}

/* Whether every length in it is what it says: what was mended once may be read otherwise the next time. */
static bool is_sound(const dcm_index *index) {
    for (uint32_t i = 0; i < index->ntop; i++)
        if (!dcm_index_is_sound(index, index->top[i])) return false;
    return true;
}

/* The values and how deep they stand, as one number: whatever the order of their bytes, which swapping
   changes, and without padding, which may be added. Group lengths do not count. */
static uint64_t content_of(const scanned *s) {
    uint64_t sum = 0;
    for (uint32_t i = s->index.nmeta; i < s->index.nrows; i++) {
        const dcm_element *row = &s->index.rows[i];
        const bool is_fragment =
            row->parent != DCM_NO_ROW && s->index.rows[row->parent].flags & DCM_ROW_FRAGMENTS;
        const bool is_item = row->vr == DCM_VR_NONE && !is_fragment;
        if (is_item || row->end > i + 1 || row->vr == DCM_VR_SQ) continue;
        if (row->vr != DCM_VR_NONE && (row->tag & 0xFFFF) == 0) continue;
        uint64_t bytes = 0;
        for (uint64_t k = 0; k < row->length; k++) {
            const uint8_t byte = s->bytes[row->offset + k];
            if (byte != ' ') bytes += byte * FACTOR;
        }
        sum += bytes * 31 + row->depth;
    }
    return sum;
}

/* What was written: well formed, with all that there was. */
static void check_written(const scanned *twin, uint64_t nbytes, uint64_t content) {
    uint64_t n = 0;
    CHECK(content_of(twin) == content + (uint64_t)('l' + 'a' + 's' + 't') * FACTOR * 31);
    uint8_t *out = rewritten(twin, twin->encoding, DCM_LENGTHS_KEEP, false, &n);
    CHECK(out && n == nbytes && memcmp(out, twin->bytes, nbytes) == 0); /* once more, and nothing changes */
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    scanned file, twin;
    if (!scan_file(&file, bytes, nbytes)) return 0;
    const bool orderly = is_orderly(&file.index), sound = orderly && is_sound(&file.index);
    const uint64_t content = content_of(&file);
    for (uint32_t e = 0; e < 3; e++) {
        for (int lengths = DCM_LENGTHS_KEEP; lengths <= DCM_LENGTHS_UNDEFINED; lengths++) {
            uint64_t n = 0;
            uint8_t *out = rewritten(&file, encodings[e], (dcm_lengths)lengths, true, &n);
            if (!out) continue;
            const bool is_scanned = scan_body(&twin, out, n, encodings[e]);
            CHECK(is_scanned);
            if (is_scanned) {
                check_index(&twin.index, 0, n);
                const uint32_t last = dcm_index_find(&twin.index, DCM_NO_ROW, TAG_LAST);
                if (!encodings[e].implicit) { /* which forgets VRs that are not those of the dictionary */
                    if (orderly) CHECK(last != DCM_NO_ROW && twin.index.rows[last].offset == n - 4);
                    if (sound) check_written(&twin, n, content);
                }
                dcm_index_free(&twin.index);
            }
            free(out);
        }
    }
    dcm_index_free(&file.index);
    if (check_nfailed) abort();
    return 0;
}
