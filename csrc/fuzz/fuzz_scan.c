/* libFuzzer target: scans whole and in pieces, the index that comes of it, and the kernels on its values. */
#include "../tests/scan_checks.h"
#include "number.h"
#include "text.h"

#include <math.h>

/* Which options: by the bytes themselves, so that every corpus file is plain DICOM. */
static uint64_t hash_of(const uint8_t *bytes, size_t nbytes) {
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < nbytes; i++)
        h = (h ^ bytes[i]) * 1099511628211u;
    return h ^ h >> 29;
}

static dcm_scan_options options_of(uint64_t hash) {
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = hash & 1;
    options.force = hash & 2;
    options.stop_before_pixels = (hash & 12) == 12;
    if ((hash & 48) == 48) options.lazy_nbytes = 32;
    if ((hash & 192) == 192) options.max_depth = 3;
    if ((hash & 768) == 768) options.stop_tag = 0x00100020;
    return options;
}

/* Every kernel gets the value in a block of its own. */
static void use_text(const uint8_t *value, size_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    if (nbytes) memcpy(p, value, nbytes);
    CHECK(dcm_text_trim(p, nbytes) <= nbytes);
    uint64_t n = dcm_text_nvalues(p, nbytes), nseparators = 0;
    for (size_t i = 0; i < nbytes; i++)
        nseparators += p[i] == '\\';
    CHECK(n <= nseparators + 1);
    bool plain = true;
    for (size_t i = 0; i < nbytes; i++)
        plain = plain && p[i] < 0x80 && p[i] != 0x1B;
    CHECK(dcm_text_is_plain(p, nbytes) == plain);
    size_t start = 0;
    for (size_t i = 0; i <= nbytes; i++) {
        if (i < nbytes && p[i] != '\\') continue;
        double d = 0;
        int64_t k = 0;
        if (dcm_parse_ds(p + start, i - start, &d)) CHECK(isfinite(d));
        dcm_parse_is(p + start, i - start, &k);
        start = i + 1;
    }
    free(p);
}

static void use_values(const dcm_index *index, const uint8_t *bytes) {
    uint64_t budget = 1 << 16;
    for (uint32_t i = 0; i < index->nrows; i++) {
        const dcm_element *row = &index->rows[i];
        if (dcm_text_kind_of(row->vr) == DCM_TEXT_NOT || row->length > budget) continue;
        use_text(bytes + row->offset, row->length);
        budget -= row->length;
    }
}

/* What a lazy or private sequence gives when it is touched: a scan of its items alone. */
static void use_ranges(const dcm_index *index, const dcm_scan_options *options, const uint8_t *bytes) {
    int nranges = 0;
    for (uint32_t i = index->nmeta; i < index->nrows && nranges < 4; i++) {
        const dcm_element *row = &index->rows[i];
        if ((row->vr != DCM_VR_SQ && row->vr != DCM_VR_UN) || row->length == 0) continue;
        nranges++;
        dcm_scanner s;
        dcm_index inner;
        dcm_index_init(&inner);
        dcm_encoding encoding = {row->flags & DCM_ROW_IMPLICIT || row->vr == DCM_VR_UN,
                                 row->flags & DCM_ROW_BIG_ENDIAN};
        uint64_t end = row->offset + row->length;
        dcm_scan_init_range(&s, options, row->offset, end, encoding, true);
        dcm_status status = run_in_pieces(&s, bytes, end, PIECES_WHOLE, 0, true, &inner);
        CHECK(status <= DCM_OK);
        if (status == DCM_OK && dcm_index_freeze(&inner) == DCM_OK) check_index(&inner, row->offset, end);
        dcm_index_free(&inner);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    uint64_t hash = hash_of(bytes, nbytes);
    dcm_scan_options options = options_of(hash);
    dcm_scanner s;
    dcm_index index;
    dcm_status status = scan_bytes(&options, bytes, nbytes, PIECES_WHOLE, 0, true, &s, &index);
    CHECK(status != DCM_NEED_MORE);
    CHECK(s.pos <= nbytes);
    if (status == DCM_OK && dcm_index_freeze(&index) == DCM_OK) {
        check_index(&index, 0, nbytes);
        use_values(&index, bytes);
        use_ranges(&index, &options, bytes);
    }
    dcm_index_free(&index);
    check_same_in_pieces(&options, bytes, nbytes, PIECES_NEED, 0, true);
    pieces how = hash & 1024 && nbytes < 600 ? PIECES_BYTES : PIECES_RANDOM;
    check_same_in_pieces(&options, bytes, nbytes, how, hash, true);
    check_unknown_size(&options, bytes, nbytes, PIECES_RANDOM, hash);
    if (check_nfailed) abort();
    return 0;
}
