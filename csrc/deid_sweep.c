/* Values that hold identifiers. PS3.15 §E.3.

   All patterns have four bytes at least: a bitmap over hashes of four bytes tells at nearly every place of a
   value that no pattern begins there. */
#include "deid.h"

#include "dict.h"
#include "text.h"
#include "vr.h"

#include <stdlib.h>

enum {
    SHORT_NBYTES = 1 << 16,
    LONG_PATTERN_NBYTES = 8,
    BITMAP_NBITS = 4096,
    FRAME_HEAD_NBYTES = 4096, /* of each fragment */
    FRAME_PATTERN_NBYTES = 6, /* shorter ones come about by chance */
    TAIL_NBYTES = 4096,       /* of bulk data, where what was swallowed would stand */
    ONE_NUMBER_NBYTES = 16,   /* no single number is longer */
    TAG_CODE_MEANING = 0x00080104,
    TAG_PIXEL_DATA = 0x7FE00010,
};

typedef struct sweep {
    const dcm_deid_pattern *patterns;
    uint32_t npatterns;
    uint64_t bitmap[BITMAP_NBITS / 64];
    uint8_t *copy; /* of a value that is only mapped */
    uint64_t copy_nbytes;
} sweep;

static inline uint8_t lower(uint8_t c) {
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static inline bool is_alphanumeric(uint8_t c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c >= 0x80;
}

static inline uint32_t hash_of(uint32_t four) {
    return four * 0x9E3779B1u >> 20;
}

static bool is_at(const dcm_deid_pattern *pattern, const uint8_t *value, uint64_t nbytes, uint64_t at,
                  uint16_t vr) {
    if (nbytes - at < pattern->nbytes) return false;
    for (uint32_t i = 0; i < pattern->nbytes; i++)
        if (lower(value[at + i]) != pattern->bytes[i]) return false;
    if (!pattern->is_word && pattern->nbytes >= LONG_PATTERN_NBYTES && vr != DCM_VR_CS) return true;
    if (at > 0 && is_alphanumeric(value[at - 1])) return false;
    const uint64_t behind = at + pattern->nbytes;
    return behind == nbytes || !is_alphanumeric(value[behind]);
}

static bool is_free_text(const dcm_element *row) {
    switch (row->vr) {
    case DCM_VR_LT:
    case DCM_VR_ST:
    case DCM_VR_UC:
    case DCM_VR_UT:
        return true;
    case DCM_VR_LO:
        return row->tag != TAG_CODE_MEANING;
    default:
        return false;
    }
}

static bool is_looked_into(const dcm_element *row) {
    switch (row->vr) {
    case DCM_VR_DS: /* numbers, ages and times look like anything */
    case DCM_VR_IS:
    case DCM_VR_AS:
    case DCM_VR_TM:
        return false;
    case DCM_VR_UN:
    case DCM_VR_OB:
        return row->length <= SHORT_NBYTES && !(row->flags & DCM_ROW_FRAGMENTS);
    default:
        return dcm_text_kind_of(row->vr) != DCM_TEXT_NOT;
    }
}

static bool holds_any(const sweep *s, const dcm_element *row, const uint8_t *value) {
    const bool words = is_free_text(row);
    if (row->length < 4) return false;
    uint32_t four =
        (uint32_t)lower(value[0]) << 8 | (uint32_t)lower(value[1]) << 16 | (uint32_t)lower(value[2]) << 24;
    for (uint64_t at = 0; at + 4 <= row->length; at++) {
        four = four >> 8 | (uint32_t)lower(value[at + 3]) << 24;
        const uint32_t hash = hash_of(four);
        if (DCM_LIKELY(!(s->bitmap[hash / 64] >> hash % 64 & 1))) continue;
        for (uint32_t i = 0; i < s->npatterns; i++)
            if ((words || !s->patterns[i].is_word) && is_at(&s->patterns[i], value, row->length, at, row->vr))
                return true;
    }
    return false;
}

static bool has_control(const uint8_t *value, uint64_t nbytes) {
    nbytes = dcm_text_trim(value, nbytes);
    for (uint64_t i = 0; i < nbytes; i++)
        if (DCM_UNLIKELY(value[i] < 0x20) && value[i] != '\t' && value[i] != '\n' && value[i] != '\f' &&
            value[i] != '\r' && value[i] != 0x1B)
            return true;
    return false;
}

/* Whether an explicit header of an element that the dictionary knows stands somewhere in the value. PS3.5
 * §7.1.2 */
static bool has_header(const uint8_t *value, uint64_t nbytes) {
    for (uint64_t at = 0; nbytes - at >= 8; at++) {
        const uint8_t *p = value + at;
        if (p[4] < 'A' || p[4] > 'Z' || p[5] < 'A' || p[5] > 'Z') continue;
        const uint16_t vr = DCM_VR(p[4], p[5]);
        const dcm_dict_entry *little =
            dcm_dict_find((uint32_t)dcm_load_u16le(p) << 16 | dcm_load_u16le(p + 2));
        const dcm_dict_entry *big = dcm_dict_find((uint32_t)dcm_load_u16be(p) << 16 | dcm_load_u16be(p + 2));
        if ((little && little->vr == vr) || (big && big->vr == vr)) return true;
    }
    return false;
}

static bool is_one_number(uint32_t tag) {
    const dcm_dict_entry *entry = dcm_dict_find(tag);
    return entry && strcmp(dcm_dict_vms[entry->vm], "1") == 0;
}

static bool is_bulk(const dcm_element *row) {
    return row->tag == TAG_PIXEL_DATA || row->length > SHORT_NBYTES;
}

static bool is_damaged(const dcm_element *row, const uint8_t *value) {
    if (dcm_text_kind_of(row->vr) != DCM_TEXT_NOT) return has_control(value, row->length);
    const bool is_bytes =
        row->vr == DCM_VR_UN || row->vr == DCM_VR_OB || row->vr == DCM_VR_OW || row->vr == DCM_VR_OX;
    if (!is_bytes && row->length > ONE_NUMBER_NBYTES && is_one_number(row->tag)) return true;
    return has_header(value, row->length);
}

/* Bytes in memory, copied where they are only mapped. */
static dcm_status bytes_of(sweep *s, const dcm_source *source, uint64_t offset, uint64_t nbytes,
                           const uint8_t **bytes) {
    *bytes = dcm_source_held(source, offset, nbytes);
    if (*bytes || nbytes == 0) return DCM_OK;
    if (s->copy_nbytes < nbytes) {
        uint8_t *grown = realloc(s->copy, nbytes);
        if (!grown) return DCM_E_NO_MEMORY;
        s->copy = grown;
        s->copy_nbytes = nbytes;
    }
    *bytes = s->copy;
    return dcm_source_copy(source, offset, nbytes, s->copy);
}

/* Whether the beginning of a compressed frame, where comments stand, holds a pattern. */
static bool begins_with_any(const sweep *s, const uint8_t *bytes, uint64_t nbytes) {
    for (uint64_t at = 0; at + FRAME_PATTERN_NBYTES <= nbytes; at++) {
        const uint32_t four = (uint32_t)lower(bytes[at]) | (uint32_t)lower(bytes[at + 1]) << 8 |
                              (uint32_t)lower(bytes[at + 2]) << 16 | (uint32_t)lower(bytes[at + 3]) << 24;
        const uint32_t hash = hash_of(four);
        if (DCM_LIKELY(!(s->bitmap[hash / 64] >> hash % 64 & 1))) continue;
        for (uint32_t i = 0; i < s->npatterns; i++) {
            const dcm_deid_pattern *pattern = &s->patterns[i];
            if (pattern->is_word || pattern->nbytes < FRAME_PATTERN_NBYTES) continue;
            uint32_t same = 0;
            while (same < pattern->nbytes && at + same < nbytes &&
                   lower(bytes[at + same]) == pattern->bytes[same])
                same++;
            if (same == pattern->nbytes) return true;
        }
    }
    return false;
}

/* Why a row is to be looked at; 0 for nothing. */
static dcm_status look_into(sweep *s, const dcm_index *index, const dcm_source *source, uint32_t i,
                            uint8_t mark, int *why) {
    const dcm_element *row = &index->rows[i];
    const uint8_t *value;
    dcm_status status = DCM_OK;
    if (row->flags & DCM_ROW_FRAGMENTS) {
        for (uint32_t j = i + 1; j < row->end && status == DCM_OK && !*why; j++) {
            const dcm_element *fragment = &index->rows[j];
            const uint64_t nbytes =
                fragment->length < FRAME_HEAD_NBYTES ? fragment->length : FRAME_HEAD_NBYTES;
            status = bytes_of(s, source, fragment->offset, nbytes, &value);
            if (status == DCM_OK && begins_with_any(s, value, nbytes)) *why = DCM_DEID_HOLDS;
        }
        return status;
    }
    if (row->length < 4 || row->vr == DCM_VR_NONE || row->end > i + 1) return DCM_OK;
    if (dcm_text_kind_of(row->vr) == DCM_TEXT_NOT && is_bulk(row)) {
        const uint64_t nbytes = row->length < TAIL_NBYTES ? row->length : TAIL_NBYTES;
        status = bytes_of(s, source, row->offset + row->length - nbytes, nbytes, &value);
        if (status == DCM_OK && has_header(value, nbytes)) *why = DCM_DEID_DAMAGED;
        return status;
    }
    status = bytes_of(s, source, row->offset, row->length, &value);
    if (status != DCM_OK) return status;
    if (is_damaged(row, value))
        *why = DCM_DEID_DAMAGED;
    else if (mark == DCM_DEID_UNMARKED && is_looked_into(row) && holds_any(s, row, value))
        *why = DCM_DEID_HOLDS;
    return DCM_OK;
}

dcm_status dcm_deid_sweep(const dcm_index *index, const dcm_source *source, const uint8_t *marks,
                          const dcm_deid_pattern *patterns, uint32_t npatterns, dcm_deid_find *found,
                          uint32_t *nfound) {
    sweep s = {.patterns = patterns, .npatterns = npatterns};
    dcm_status status = DCM_OK;
    *nfound = 0;
    for (uint32_t i = 0; i < npatterns; i++) {
        const uint32_t hash = hash_of(dcm_load_u32le(patterns[i].bytes));
        s.bitmap[hash / 64] |= UINT64_C(1) << hash % 64;
    }
    for (uint32_t i = index->nmeta; i < index->nrows && status == DCM_OK; i++) {
        int why = 0;
        if (marks[i] != DCM_DEID_DONE) status = look_into(&s, index, source, i, marks[i], &why);
        if (status == DCM_OK && why) found[(*nfound)++] = (dcm_deid_find){i, (dcm_deid_why)why};
        if (marks[i] == DCM_DEID_DONE || index->rows[i].flags & DCM_ROW_FRAGMENTS)
            i = index->rows[i].end - 1; /* with all that is inside */
    }
    free(s.copy);
    return status;
}
