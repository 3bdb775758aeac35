/* The index: rows by tag at every level, in and out of order, doubled; freezing, keeping, clearing. */
#include "build.h"
#include "scan_checks.h"

static uint32_t add(dcm_index *index, uint32_t tag, uint32_t parent, uint16_t vr) {
    uint32_t row = 0;
    uint64_t at = 8 * (index->nrows + 1);
    dcm_element element = {.offset = at, .tag = tag, .end = index->nrows + 1, .parent = parent, .vr = vr};
    if (parent == DCM_NO_ROW) CHECK(dcm_index_add_top(index, index->nrows) == DCM_OK);
    CHECK(dcm_index_add(index, &element, &row) == DCM_OK);
    for (uint32_t i = parent; i != DCM_NO_ROW; i = index->rows[i].parent)
        index->rows[i].end = index->nrows;
    return row;
}

/* What dcm_index_find must give, by looking at every row. */
static uint32_t find_slowly(const dcm_index *index, uint32_t parent, uint32_t tag) {
    uint32_t found = DCM_NO_ROW;
    for (uint32_t i = index->nmeta; i < index->nrows; i++)
        if (index->rows[i].parent == parent && index->rows[i].tag == tag) found = i;
    return found;
}

static void every_child_is_found(uint32_t nchildren, bool shuffled, bool doubled, bool nested) {
    dcm_index index;
    dcm_index_init(&index);
    uint32_t sequence = add(&index, 0x00082112, DCM_NO_ROW, DCM_VR_SQ);
    uint32_t item = add(&index, DCM_TAG_ITEM, sequence, DCM_VR_NONE);
    uint64_t random = nchildren;
    for (uint32_t i = 0; i < nchildren; i++) {
        uint32_t tag = 0x00091000 + 2 * i;
        if (shuffled) tag = 0x00091000 + 2 * (uint32_t)(next_random(&random) % (nchildren + 1));
        if (doubled && i % 5 == 4) tag = index.rows[index.nrows - 1].tag;
        uint32_t row = add(&index, tag, item, nested && i % 3 == 0 ? DCM_VR_SQ : DCM_VR_LO);
        for (uint32_t k = 0; nested && i % 3 == 0 && k < 3; k++)
            add(&index, 0x00091000 + 2 * k, add(&index, DCM_TAG_ITEM, row, DCM_VR_NONE), DCM_VR_LO);
    }
    if (shuffled || doubled) {
        index.rows[item].flags |= DCM_ROW_UNSORTED;
        dcm_index_note(&index, 0, 0, DCM_F_OUT_OF_ORDER);
    }
    CHECK(dcm_index_freeze(&index) == DCM_OK);
    for (uint32_t tag = 0x00091000 - 1; tag < 0x00091000 + 2 * nchildren + 2; tag++)
        CHECK(dcm_index_find(&index, item, tag) == find_slowly(&index, item, tag));
    CHECK(dcm_index_find(&index, DCM_NO_ROW, 0x00082112) == sequence);
    CHECK(dcm_index_find(&index, index.nrows, 0x00082112) == DCM_NO_ROW);
    dcm_index_free(&index);
}

static void top_level_is_sorted_once(void) {
    static const uint32_t tags[] = {0x00100020, 0x00080018, 0x00100020, 0x7FE00010, 0x00080005};
    static const uint32_t keep[] = {0x00080005, 0x00090000, 0x00100020};
    dcm_index index;
    dcm_index_init(&index);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 5; i++)
            add(&index, tags[i], DCM_NO_ROW, DCM_VR_LO);
        index.top_unsorted = true;
        CHECK(dcm_index_freeze(&index) == DCM_OK);
        CHECK(index.ntop == 4);
        CHECK(index.top[0] == 4 && index.top[1] == 1 && index.top[2] == 2 && index.top[3] == 3);
        dcm_index_keep(&index, keep, 3);
        CHECK(index.ntop == 2 && index.top[0] == 4 && index.top[1] == 2);
        dcm_index_clear(&index);
        CHECK(index.nrows == 0 && index.ntop == 0 && dcm_index_find(&index, DCM_NO_ROW, 1) == DCM_NO_ROW);
    }
    dcm_index_free(&index);
}

static void findings_have_a_limit_and_texts(void) {
    dcm_index index;
    dcm_index_init(&index);
    for (uint32_t i = 0; i < 10000; i++)
        dcm_index_note(&index, i, i, DCM_F_TRUNCATED);
    CHECK(index.nfindings == 4096);
    dcm_index_free(&index);
    dcm_index_note(&index, 5, 7, DCM_F_DUPLICATE);
    dcm_index_note(&index, 5, 7, DCM_F_ODD_LENGTH);
    dcm_index_note(&index, 5, 7, DCM_F_DUPLICATE);
    CHECK(index.nfindings == 2);
    dcm_index_free(&index);
    for (uint32_t i = 0; i < DCM_F_COUNT; i++)
        CHECK(dcm_finding_names[i][0] && dcm_finding_texts[i][0] && dcm_finding_clauses[i][0] == 'P');
}

int main(void) {
    static const uint32_t sizes[] = {0, 1, 2, 30, 31, 32, 33, 100, 3000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int form = 0; form < 8; form++)
            if (sizes[i] < 3000 || form < 4) every_child_is_found(sizes[i], form & 1, form & 2, form & 4);
    top_level_is_sorted_once();
    findings_have_a_limit_and_texts();
    return check_result();
}
