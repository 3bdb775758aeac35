/* What de-identification must look at. PS3.15 Annex E.

   One pass over the rows: each tag costs one look-up in a small hash, so a file is done in a microsecond or
   two, and Python sees only the rows that something is to be done about. */
#include "deid.h"

#include "dict.h"
#include "rewrite.h"
#include "vr.h"

#include <stdlib.h>

#define TAG_MULTIPLIER 0x9E3779B1u

dcm_status dcm_deid_rules_init(dcm_deid_rules *rules, uint32_t nrules) {
    uint32_t nslots = 16;
    while (nslots / 2 < nrules && nslots < 1u << 24)
        nslots *= 2;
    *rules = (dcm_deid_rules){.mask = nslots - 1};
    rules->slots = calloc(nslots, sizeof *rules->slots);
    return rules->slots ? DCM_OK : DCM_E_NO_MEMORY;
}

void dcm_deid_rules_free(dcm_deid_rules *rules) {
    free(rules->slots);
    rules->slots = NULL;
}

static uint32_t slot_of(const dcm_deid_rules *rules, uint32_t tag) {
    uint32_t slot = (tag * TAG_MULTIPLIER >> 8) & rules->mask;
    while (rules->slots[slot].action != DCM_DEID_NO_RULE && rules->slots[slot].tag != tag)
        slot = (slot + 1) & rules->mask;
    return slot;
}

void dcm_deid_rules_put(dcm_deid_rules *rules, uint32_t tag, uint8_t action) {
    rules->slots[slot_of(rules, tag)] = (dcm_deid_slot){tag, action};
}

static bool repeats(uint32_t tag) {
    return (tag >> 24 == 0x50 || tag >> 24 == 0x60) && !(tag & 0x10000u);
}

uint8_t dcm_deid_rule_of(const dcm_deid_rules *rules, uint32_t tag) {
    if (tag & 0x10000u) return rules->of_private;
    if ((tag & 0xFFFFu) == 0) return DCM_DEID_NO_RULE; /* group length */
    const bool in_group = repeats(tag);
    const uint32_t folded = in_group ? tag & 0xFF00FFFFu : tag;
    const uint8_t action = rules->slots[slot_of(rules, folded)].action;
    if (action != DCM_DEID_NO_RULE || !in_group) return action;
    return tag >> 24 == 0x50 ? rules->of_curve : rules->of_overlay;
}

/* Whether the VR is none that the attribute could have: a sequence or no sequence, a name or date or none. */
static bool contradicts(uint16_t vr, uint16_t told) {
    if (vr == told) return false;
    return told == DCM_VR_SQ || vr == DCM_VR_SQ || vr == DCM_VR_PN || vr == DCM_VR_DA || vr == DCM_VR_DT;
}

static uint8_t action_of(const dcm_deid_rules *rules, const dcm_element *row) {
    if (row->vr == DCM_VR_NONE) return DCM_DEID_NO_RULE;
    const uint8_t action = dcm_deid_rule_of(rules, row->tag);
    if (action == DCM_DEID_PLAIN && row->vr == DCM_VR_UI) return DCM_DEID_NO_RULE;
    if ((action != DCM_DEID_NO_RULE && action != DCM_DEID_PLAIN) || (row->tag & 0xFFFFu) == 0) return action;
    if (row->vr == DCM_VR_UI) return rules->of_uid;
    const dcm_dict_entry *entry = dcm_dict_find(row->tag);
    if (!entry || contradicts(row->vr, entry->vr)) return rules->of_unknown;
    return DCM_DEID_NO_RULE;
}

/* First byte behind a row, its delimiter included. */
static uint64_t behind(const dcm_element *row) {
    return row->offset + row->length + (row->flags & DCM_ROW_UNDEFINED ? 8 : 0);
}

uint32_t dcm_deid_select(const dcm_index *index, uint64_t end_offset, const dcm_deid_rules *top,
                         const dcm_deid_rules *rules, dcm_deid_hit *hits, uint8_t *marks, bool *gaps) {
    const dcm_element *rows = index->rows;
    uint32_t nhits = 0, container = DCM_NO_ROW;
    uint64_t at = index->nrows > index->nmeta ? dcm_row_start(&rows[index->nmeta]) : 0;
    bool loose = false;
    for (uint32_t i = index->nmeta; i < index->nrows; i++) {
        const dcm_element *row = &rows[i];
        const uint8_t action = action_of(row->parent == DCM_NO_ROW ? top : rules, row);
        marks[i] = action == DCM_DEID_KEEP ? DCM_DEID_KEPT : DCM_DEID_UNMARKED;
        if (action > DCM_DEID_KEEP) hits[nhits++] = (dcm_deid_hit){i, action};
        while (container != row->parent && container != DCM_NO_ROW) { /* containers that end here */
            loose |= at != rows[container].offset + rows[container].length;
            at = behind(&rows[container]);
            container = rows[container].parent;
        }
        loose |= dcm_row_start(row) != at;
        if (row->flags & DCM_ROW_FRAGMENTS) {
            at = behind(row); /* fragments are no data elements: whoever copies them looks at them */
            i = row->end - 1;
        } else if (row->end > i + 1) {
            container = i;
            at = row->offset;
        } else {
            loose |=
                row->length && (row->vr == DCM_VR_NONE || row->vr == DCM_VR_SQ); /* no items, but bytes */
            at = behind(row);
        }
    }
    for (; container != DCM_NO_ROW; container = rows[container].parent) {
        loose |= at != rows[container].offset + rows[container].length;
        at = behind(&rows[container]);
    }
    loose |= index->nrows > index->nmeta ? at < end_offset : false;
    *gaps = loose;
    return nhits;
}
