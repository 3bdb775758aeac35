/* libFuzzer target: whatever can be scanned can be written, in every encoding and with every kind of lengths,
   and is scanned again as the same elements with the same values. */
#include "../tests/scan_checks.h"
#include "outfile.h"
#include "rewrite.h"
#include "text.h"

#define MOST_ROWS 4000u

static const dcm_encoding encodings[] = {{false, false}, {false, true}, {true, false}};

/* A data set: its bytes and their index. `end` is the first byte behind the last element. */
typedef struct scanned {
    const uint8_t *bytes;
    dcm_source source;
    dcm_index index;
    uint64_t end;
    dcm_encoding encoding;
} scanned;

static void release(scanned *s) {
    dcm_index_free(&s->index);
}

/* A file as it comes; false where there is nothing to write. */
static bool scan_file(scanned *s, const uint8_t *bytes, uint64_t nbytes) {
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_scan_options_init(&options);
    options.fragments = options.force = true;
    dcm_status status = scan_bytes(&options, bytes, nbytes, PIECES_WHOLE, 0, true, &scanner, &s->index);
    if (status == DCM_OK) status = dcm_index_freeze(&s->index);
    if (status != DCM_OK || s->index.nrows > MOST_ROWS) {
        dcm_index_free(&s->index);
        return false;
    }
    s->bytes = bytes;
    dcm_source_borrow(&s->source, bytes, nbytes);
    s->end = scanner.pos;
    s->encoding = scanner.encoding;
    return true;
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
    dcm_status status = run_in_pieces(&scanner, bytes, nbytes, PIECES_WHOLE, 0, true, &s->index);
    CHECK(status == DCM_OK);
    if (status == DCM_OK) status = dcm_index_freeze(&s->index);
    if (status != DCM_OK) {
        dcm_index_free(&s->index);
        return false;
    }
    s->bytes = bytes;
    dcm_source_borrow(&s->source, bytes, nbytes);
    s->end = nbytes;
    s->encoding = encoding;
    return true;
}

/* The data set in an encoding; NULL where it cannot be in that. */
static uint8_t *rewritten(const scanned *s, dcm_encoding encoding, dcm_lengths lengths, uint64_t *nbytes) {
    static dcm_emitter emitter;
    dcm_emit_init(&emitter, encoding, lengths);
    dcm_rewrite rewrite = {
        .emitter = &emitter, .index = &s->index, .source = &s->source, .end_offset = s->end};
    dcm_rewrite_list(&rewrite, s->index.top, s->index.ntop);
    const dcm_status status = dcm_rewrite_until(&rewrite, DCM_REWRITE_ALL);
    CHECK(status == DCM_OK || status == DCM_E_ENCODED);
    uint8_t *out = NULL;
    if (status == DCM_OK) {
        const dcm_plan_source from = {&s->source, NULL};
        *nbytes = emitter.plan.nbytes;
        out = malloc((size_t)*nbytes + 1);
        if (!out) abort();
        CHECK(dcm_plan_read(&emitter.plan, &from, 1, 0, *nbytes, out) == DCM_OK);
        /* in pieces it is the same */
        uint8_t *piece = malloc((size_t)*nbytes / 2 + 1);
        if (!piece) abort();
        CHECK(dcm_plan_read(&emitter.plan, &from, 1, *nbytes / 3, *nbytes / 2, piece) == DCM_OK);
        CHECK(memcmp(piece, out + *nbytes / 3, *nbytes / 2) == 0);
        free(piece);
    }
    dcm_emit_free(&emitter);
    return out;
}

/* Written once more as it is, nothing changes: what was written is well formed, and settled. */
static void check_settled(const uint8_t *bytes, uint64_t nbytes, dcm_encoding encoding) {
    static const dcm_lengths lengths[] = {DCM_LENGTHS_KEEP, DCM_LENGTHS_DEFINED, DCM_LENGTHS_UNDEFINED};
    scanned again;
    if (!scan_body(&again, bytes, nbytes, encoding)) return;
    check_index(&again.index, 0, nbytes);
    uint64_t n = 0;
    uint8_t *out = rewritten(&again, encoding, lengths[0], &n);
    CHECK(out && n == nbytes && memcmp(out, bytes, nbytes) == 0);
    free(out);
    release(&again);
}

static bool is_group_length(const dcm_element *row) {
    return (row->tag & 0xFFFF) == 0 && row->vr != DCM_VR_NONE;
}

/* The values and how deep they stand, as one number: whatever the order of their bytes, which swapping
   changes, and without padding, which may be added. */
static uint64_t content_of(const scanned *s) {
    uint64_t sum = 0;
    for (uint32_t i = s->index.nmeta; i < s->index.nrows; i++) {
        const dcm_element *row = &s->index.rows[i];
        const bool is_item =
            row->vr == DCM_VR_NONE &&
            !(row->parent != DCM_NO_ROW && s->index.rows[row->parent].flags & DCM_ROW_FRAGMENTS);
        if (is_item || row->end > i + 1 || row->vr == DCM_VR_SQ || is_group_length(row)) continue;
        uint64_t bytes = 0;
        for (uint64_t k = 0; k < row->length; k++) {
            const uint8_t byte = s->bytes[row->offset + k];
            if (byte != ' ') bytes += byte * UINT64_C(2654435761);
        }
        sum += bytes * 31 + row->depth;
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    scanned file;
    if (!scan_file(&file, bytes, nbytes)) return 0;
    const bool sorted = !file.index.top_unsorted && file.index.nreordered == 0;
    const uint64_t content = content_of(&file);
    for (uint32_t e = 0; e < 3; e++) {
        for (int lengths = DCM_LENGTHS_KEEP; lengths <= DCM_LENGTHS_UNDEFINED; lengths++) {
            uint64_t n = 0;
            uint8_t *out = rewritten(&file, encodings[e], (dcm_lengths)lengths, &n);
            if (!out) continue;
            const bool same = lengths == DCM_LENGTHS_KEEP &&
                              file.encoding.implicit == encodings[e].implicit &&
                              file.encoding.big == encodings[e].big;
            if (!same) {
                scanned twin;
                if (scan_body(&twin, out, n, encodings[e])) {
                    if (sorted && !encodings[e].implicit) CHECK(content_of(&twin) == content);
                    release(&twin);
                }
                check_settled(out, n, encodings[e]);
            }
            free(out);
        }
    }
    release(&file);
    if (check_nfailed) abort();
    return 0;
}
