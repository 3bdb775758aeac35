/* Writing a model of a scanned source: shared by the model's tests and its fuzzer. */
#ifndef DCM_MODEL_CHECKS_H
#define DCM_MODEL_CHECKS_H

#include "model.h"
#include "scan_checks.h"

/* All of a data set; elements that are asked for are left out. The text belongs to the caller. */
static inline dcm_textbuf write_model(const dcm_index *index, const uint8_t *bytes, uint64_t nbytes,
                                      const dcm_model_style *style, uint64_t bulk_nbytes,
                                      dcm_model_charset charset, uint32_t *nasked) {
    dcm_textbuf text;
    dcm_textbuf_init(&text);
    dcm_source source;
    dcm_source_borrow(&source, bytes, nbytes);
    dcm_model *model = malloc(sizeof *model);
    if (!model) abort();
    *model = (dcm_model){
        .index = index, .source = &source, .style = style, .out = &text, .bulk_nbytes = bulk_nbytes};
    dcm_model_begin(model, DCM_NO_ROW, NULL, 0, false, false, charset, DCM_MODEL_UNSIGNED);
    dcm_model_state state;
    *nasked = 0;
    while ((state = dcm_model_run(model)) == DCM_MODEL_ASKED) {
        CHECK(model->asked < index->nrows);
        if (++*nasked > index->nrows) break;
    }
    CHECK(state == DCM_MODEL_DONE && !text.failed);
    free(model);
    return text;
}

/* Whether brackets outside of strings match, strings end, and all of it is UTF-8 without controls. */
static inline bool is_balanced_json(const uint8_t *p, size_t nbytes) {
    int64_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < nbytes; i++) {
        if (p[i] < 0x20) return false;
        if (inside && p[i] == '\\') {
            i++;
        } else if (p[i] == '"') {
            inside = !inside;
        } else if (!inside) {
            depth += (p[i] == '{' || p[i] == '[') - (p[i] == '}' || p[i] == ']');
            if (depth < 0) return false;
        }
    }
    return depth == 0 && !inside;
}

#endif
