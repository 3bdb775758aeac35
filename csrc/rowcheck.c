/* All elements of an index against the dictionary and their VRs. PS3.5 §6, §7; PS3.6.

   One pass over the flat rows. An element costs one look-up in the dictionary, and a look at its bytes if
   they are text. */
#include "rowcheck.h"

#include "dict.h"
#include "guard.h"
#include "peek.h"
#include "terms.h"
#include "text.h"
#include "vr.h"

#include <stdlib.h>

void dcm_row_problems_init(dcm_row_problems *problems, uint32_t limit) {
    *problems = (dcm_row_problems){.limit = limit};
}

void dcm_row_problems_free(dcm_row_problems *problems) {
    free(problems->all);
    dcm_row_problems_init(problems, problems->limit);
}

struct check {
    const dcm_index *index;
    const dcm_source *source;
    dcm_row_problems *problems;
    uint32_t what;
    uint32_t block_parent; /* of the private block that was looked for last, */
    uint32_t block;        /* tag of its creator, 0 if none was looked for yet, */
    bool block_found;      /* and whether it has one */
    bool no_memory;
};

static void note(struct check *check, uint32_t row, dcm_value_code code, uint32_t number) {
    dcm_row_problems *problems = check->problems;
    if (problems->n == problems->limit) {
        problems->cut = true;
        return;
    }
    if (problems->n == problems->capacity) {
        const uint32_t capacity = problems->capacity ? 2 * problems->capacity : 64;
        dcm_row_problem *all = realloc(problems->all, (size_t)capacity * sizeof *all);
        if (!all) {
            check->no_memory = true;
            return;
        }
        problems->all = all;
        problems->capacity = capacity;
    }
    const uint16_t shown = number < UINT16_MAX ? (uint16_t)number : UINT16_MAX;
    problems->all[problems->n++] = (dcm_row_problem){row, (uint16_t)code, shown};
}

/* ---- tags and VRs */

static bool has_creator(struct check *check, const dcm_element *element, uint32_t block) {
    if (check->block != block || check->block_parent != element->parent) {
        const uint32_t row = dcm_index_find(check->index, element->parent, block);
        check->block = block;
        check->block_parent = element->parent;
        check->block_found = false;
        if (row != DCM_NO_ROW) {
            const dcm_element *creator = &check->index->rows[row];
            const uint8_t *p = dcm_peek(check->source, creator->offset, creator->length);
            check->block_found = p && dcm_text_trim(p, creator->length) > 0;
        }
    }
    return check->block_found;
}

static dcm_value_code check_private(struct check *check, const dcm_element *row) {
    const uint32_t element = row->tag & 0xFFFFu;
    if (element == 0) return DCM_V_OK;
    if (element < 0x10 || (element > 0xFF && element < 0x1000)) return DCM_V_PRIVATE_TAG;
    if (element <= 0xFF)
        return row->vr == DCM_VR_LO ? DCM_V_OK : row->vr == DCM_VR_UN ? DCM_V_VR_UN : DCM_V_VR_DIFFERS;
    return has_creator(check, row, (row->tag & 0xFFFF0000u) | element >> 8) ? DCM_V_OK
                                                                            : DCM_V_PRIVATE_CREATOR;
}

/* Whether a VR is one that the dictionary leaves the choice of. */
static bool is_allowed(uint16_t vr, uint16_t dictionary) {
    if (vr == dictionary) return true;
    switch (dictionary) {
    case DCM_VR_XS:
        return vr == DCM_VR_US || vr == DCM_VR_SS;
    case DCM_VR_OX:
        return vr == DCM_VR_OB || vr == DCM_VR_OW;
    case DCM_VR_XO:
        return vr == DCM_VR_US || vr == DCM_VR_SS || vr == DCM_VR_OW;
    case DCM_VR_UO:
        return vr == DCM_VR_US || vr == DCM_VR_OW;
    default:
        return false;
    }
}

/* The scanner gives known elements that were sent as UN the VR of the dictionary: the header tells. */
static bool was_sent_as_un(const struct check *check, const dcm_element *row) {
    if (row->offset < 12 || !(row->flags & DCM_ROW_LONG)) return false;
    const uint8_t *header = dcm_peek(check->source, row->offset - 12, 12);
    return header && dcm_load_u16le(header + 4) == DCM_VR_UN;
}

static dcm_value_code check_vr(const struct check *check, const dcm_element *row,
                               const dcm_dict_entry *entry) {
    if (row->flags & DCM_ROW_IMPLICIT || entry->vr == DCM_VR_UN) return DCM_V_OK; /* UN: retired blanks */
    if (was_sent_as_un(check, row)) return row->vr == DCM_VR_SQ ? DCM_V_OK : DCM_V_VR_UN; /* SQ: a finding */
    return is_allowed(row->vr, entry->vr) ? DCM_V_OK : DCM_V_VR_DIFFERS;
}

/* ---- number of values */

static uint64_t read_number(const char **text) {
    uint64_t n = 0;
    for (; **text >= '0' && **text <= '9'; ++*text)
        n = n * 10 + (uint64_t)(**text - '0');
    return n;
}

/* "1", "1-3", "1-n", "2-2n", "1-n or 1": lowest, highest (a number, or n times a step). PS3.5 §6.4 */
static bool is_multiplicity(const char *vm, uint64_t n) {
    const uint64_t low = read_number(&vm);
    if (*vm != '-') return n == low;
    vm++;
    const bool bounded = *vm >= '0' && *vm <= '9';
    const uint64_t high = bounded ? read_number(&vm) : 1;
    if (*vm == 'n') return n >= low && n % high == 0;
    return n >= low && n <= high;
}

static bool has_multiplicity(uint16_t vr, const dcm_dict_entry *entry, const uint8_t *p, uint64_t nbytes) {
    const dcm_text_kind kind = dcm_text_kind_of(vr);
    uint64_t n;
    if (kind == DCM_TEXT_MULTI) {
        n = dcm_text_nvalues(p, nbytes);
    } else {
        const uint32_t unit = vr == DCM_VR_AT ? 4 : dcm_vr_unit_nbytes(vr);
        const bool array = vr == DCM_VR_OW || vr == DCM_VR_OF || vr == DCM_VR_OL || vr == DCM_VR_OD ||
                           vr == DCM_VR_OV || vr == DCM_VR_XO || vr == DCM_VR_UO;
        if (!unit || array) return true; /* of which there is one value always */
        n = nbytes / unit;
    }
    return n == 0 || is_multiplicity(dcm_dict_vms[entry->vm], n);
}

/* ---- elements */

static void check_elements(struct check *check, uint32_t row, const dcm_dict_entry *entry) {
    const dcm_element *element = &check->index->rows[row];
    if (element->tag >> 16 & 1) {
        const dcm_value_code code = check_private(check, element);
        if (code != DCM_V_OK) note(check, row, code, 0);
        return;
    }
    if (!entry) {
        if (element->tag & 0xFFFFu) note(check, row, DCM_V_UNKNOWN_ELEMENT, 0);
        return;
    }
    if (entry->retired && check->what & DCM_CHECK_RETIRED) note(check, row, DCM_V_RETIRED, 0);
    const dcm_value_code code = check_vr(check, element, entry);
    if (code != DCM_V_OK) note(check, row, code, 0);
}

static void check_value(struct check *check, uint32_t row, const dcm_dict_entry *entry) {
    const dcm_element *element = &check->index->rows[row];
    const uint16_t vr = element->vr;
    if (vr == DCM_VR_SQ || vr == DCM_VR_UN || element->flags & (DCM_ROW_FRAGMENTS | DCM_ROW_PARTIAL)) return;
    if (vr == DCM_VR_OB || vr == DCM_VR_OX) return; /* any bytes */
    const uint8_t *p = dcm_peek(check->source, element->offset, element->length);
    if (!p || element->length == 0) return;
    uint32_t number;
    const dcm_value_code code = dcm_check_value(vr, p, element->length, &number);
    if (code != DCM_V_OK) note(check, row, code, number);
    if (!entry) return;
    if (!has_multiplicity(vr, entry, p, element->length)) note(check, row, DCM_V_MULTIPLICITY, 0);
    if (code == DCM_V_OK && (vr == DCM_VR_CS || vr == DCM_VR_US)) {
        const uint64_t nbytes = vr == DCM_VR_CS ? dcm_text_trim(p, element->length) : element->length;
        number = dcm_terms_check(element->tag, vr, p, nbytes, element->flags & DCM_ROW_BIG_ENDIAN);
        if (number) note(check, row, DCM_V_ENUMERATED, number);
    }
}

static void check_all(void *context) {
    struct check *check = context;
    for (uint32_t row = 0; row < check->index->nrows && !check->problems->cut && !check->no_memory; row++) {
        const dcm_element *element = &check->index->rows[row];
        if (element->vr == DCM_VR_NONE || element->tag >> 16 == 0xFFFE) continue;
        const bool private = element->tag >> 16 & 1;
        const dcm_dict_entry *entry = private ? NULL : dcm_dict_find(element->tag);
        if (check->what & DCM_CHECK_ELEMENTS) check_elements(check, row, entry);
        if (check->what & DCM_CHECK_VALUES) check_value(check, row, entry);
    }
}

dcm_status dcm_check_rows(const dcm_index *index, const dcm_source *source, uint32_t what,
                          dcm_row_problems *problems) {
    struct check check = {.index = index, .source = source, .problems = problems, .what = what};
    if (!dcm_guarded(check_all, &check)) return DCM_E_CHANGED;
    return check.no_memory ? DCM_E_NO_MEMORY : DCM_OK;
}

void dcm_number_items(const dcm_index *index, uint32_t *numbers) {
    for (uint32_t row = 0; row < index->nrows; row++) {
        const dcm_element *element = &index->rows[row];
        numbers[row] = 0; /* of a sequence: items so far */
        if (element->parent < row && element->vr == DCM_VR_NONE) numbers[row] = numbers[element->parent]++;
    }
}
