/* libFuzzer target: the checks over the index of any bytes, and of any value. The first two bytes choose the
   IOD and the options. */
#include "../tests/check.h"
#include "iodcheck.h"
#include "rowcheck.h"
#include "text.h"
#include "vr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* Every value in a block of its own. */
static void use_value(uint16_t vr, const uint8_t *value, uint64_t nbytes) {
    uint8_t *p = malloc(nbytes ? nbytes : 1);
    if (!p) abort();
    if (nbytes) memcpy(p, value, nbytes);
    uint32_t number;
    const dcm_value_code code = dcm_check_value(vr, p, nbytes, &number);
    CHECK(code < DCM_V_COUNT && number >= 1 && number <= nbytes + 1);
    free(p);
}

static void use_values(const dcm_index *index, const uint8_t *bytes) {
    uint64_t budget = 1 << 14;
    for (uint32_t row = 0; row < index->nrows; row++) {
        const dcm_element *element = &index->rows[row];
        if (element->length > budget) continue;
        use_value(element->vr, bytes + element->offset, element->length);
        budget -= element->length;
    }
}

static void check(const dcm_index *index, const dcm_source *source, uint32_t choice, uint32_t what) {
    dcm_row_problems rows;
    dcm_row_problems_init(&rows, what & 8 ? 3 : 1000);
    CHECK(dcm_check_rows(index, source, what & 7, &rows) == DCM_OK);
    CHECK(rows.n <= rows.limit && (!rows.cut || rows.n == rows.limit));
    for (uint32_t i = 0; i < rows.n; i++)
        CHECK(rows.all[i].row < index->nrows && rows.all[i].code < DCM_V_COUNT);
    dcm_row_problems_free(&rows);

    dcm_iod_problems found;
    dcm_iod_problems_init(&found, what & 8 ? 3 : 1000);
    CHECK(dcm_check_iod(index, source, &dcm_iods[choice % dcm_niods], what & 16, &found) == DCM_OK);
    for (uint32_t i = 0; i < found.n; i++) {
        const dcm_iod_problem *p = &found.all[i];
        CHECK(p->container == DCM_NO_ROW || p->container < index->nrows);
        CHECK((p->row == DCM_NO_ROW) == (p->code == DCM_IOD_MISSING));
        CHECK(p->row == DCM_NO_ROW || index->rows[p->row].tag == p->tag);
    }
    dcm_iod_problems_free(&found);
    uint32_t *numbers = malloc((index->nrows + 1) * sizeof *numbers);
    if (!numbers) abort();
    dcm_number_items(index, numbers);
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    /* IOD and options by the bytes themselves, so that every corpus file is plain DICOM */
    uint32_t choice = 2166136261u;
    for (size_t i = 0; i < nbytes; i++)
        choice = (choice ^ bytes[i]) * 16777619u;
    const uint32_t what = choice >> 24;
    dcm_source source;
    dcm_source_init(&source);
    dcm_source_borrow(&source, bytes, nbytes);
    dcm_scan_options options;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.force = what & 32;
    if (what & 64) options.lazy_nbytes = 32;
    dcm_scanner scanner;
    dcm_index index;
    dcm_index_init(&index);
    dcm_scan_init(&scanner, &options, nbytes);
    const dcm_status status = dcm_source_scan(&source, &scanner, &index);
    if (status == DCM_OK && dcm_index_freeze(&index) == DCM_OK) {
        check(&index, &source, choice, what);
        use_values(&index, bytes);
    }
    dcm_index_free(&index);
    dcm_source_free(&source);
    if (check_nfailed) abort();
    return 0;
}
