/* libFuzzer target: rules and patterns over the index of any bytes. */
#include "../tests/check.h"
#include "deid.h"
#include "scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes);

/* One rule in four tags, and groups; what they mean does not matter. */
static dcm_deid_rules some_rules(uint32_t seed) {
    dcm_deid_rules rules;
    if (dcm_deid_rules_init(&rules, 64) != DCM_OK) abort();
    rules.of_private = 9, rules.of_unknown = 10, rules.of_uid = 11, rules.of_curve = 12,
    rules.of_overlay = 13;
    for (uint32_t i = 0; i < 64; i++)
        dcm_deid_rules_put(&rules, 0x00080000 + 0x20000 * (i % 16) + (seed + 16 * i) % 0x200,
                           (uint8_t)(1 + (i + seed) % 200));
    return rules;
}

static void use(const dcm_index *index, const dcm_source *source) {
    static const dcm_deid_pattern patterns[] = {{(const uint8_t *)"1.2.", 4, false},
                                                {(const uint8_t *)"anonym", 6, false},
                                                {(const uint8_t *)"head", 4, true}};
    dcm_deid_rules top = some_rules(0), rules = some_rules(7);
    dcm_deid_hit *hits = malloc((index->nrows + 1) * sizeof *hits);
    dcm_deid_find *found = malloc((index->nrows + 1) * sizeof *found);
    uint8_t *marks = calloc(index->nrows + 1, 1);
    bool gaps;
    uint32_t nfound;
    if (!hits || !found || !marks) abort();
    const uint32_t n = dcm_deid_select(index, source->nbytes, &top, &rules, hits, marks, &gaps);
    CHECK(n <= index->nrows);
    for (uint32_t i = 0; i < n; i++) {
        CHECK(hits[i].row < index->nrows && hits[i].action > DCM_DEID_KEEP);
        if (i % 3 == 0) marks[hits[i].row] = DCM_DEID_DONE;
    }
    CHECK(dcm_deid_sweep(index, source, marks, patterns, 3, found, &nfound) == DCM_OK);
    CHECK(nfound <= index->nrows);
    for (uint32_t i = 0; i < nfound; i++)
        CHECK(found[i].row < index->nrows && marks[found[i].row] != DCM_DEID_DONE);
    free(hits);
    free(found);
    free(marks);
    dcm_deid_rules_free(&top);
    dcm_deid_rules_free(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t nbytes) {
    dcm_scan_options options;
    dcm_scanner scanner;
    dcm_source source;
    dcm_index index;
    dcm_scan_options_init(&options);
    options.fragments = true;
    options.force = true;
    dcm_source_init(&source);
    dcm_source_borrow(&source, bytes, nbytes);
    dcm_index_init(&index);
    dcm_scan_init(&scanner, &options, nbytes);
    if (dcm_source_scan(&source, &scanner, &index) >= 0 && dcm_index_freeze(&index) == DCM_OK)
        use(&index, &source);
    dcm_index_free(&index);
    dcm_source_free(&source);
    if (check_nfailed) abort();
    return 0;
}
