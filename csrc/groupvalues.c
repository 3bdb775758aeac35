/* Values of functional groups as columns of numbers. PS3.3 §C.7.6.16; PS3.5 §6.2.

   Why it is fast: values lie a frame apart in the source, so the memory is asked for those of later frames
   before they are wanted; text that says what it said in the frame before is not parsed again. */
#include "groupvalues.h"

#include "guard.h"
#include "number.h"
#include "text.h"
#include "vr.h"

#include <math.h>

#define TEXT_NBYTES 256u /* longest DS value that is looked at in one go */
#define NAHEAD 12u       /* frames whose values are asked of the memory before they are wanted */

uint32_t dcm_groups_unit_nbytes(uint16_t vr) {
    switch (vr) {
    case DCM_VR_DS:
    case DCM_VR_IS:
        return 8;
    case DCM_VR_AT:
        return 4;
    case DCM_VR_FD:
    case DCM_VR_FL:
    case DCM_VR_SL:
    case DCM_VR_SS:
    case DCM_VR_SV:
    case DCM_VR_UL:
    case DCM_VR_US:
    case DCM_VR_UV:
    case DCM_VR_XS:
        return dcm_vr_unit_nbytes(vr);
    default:
        return 0;
    }
}

struct values {
    const dcm_groups *groups;
    uint32_t path;
    const dcm_source *source;
    dcm_groups_column *column;
    uint16_t vr;
    uint64_t nvalues; /* a frame */
    uint8_t *out, *mask;
    uint64_t nmissing;
    dcm_status status;
};

static const uint8_t *value_at(const dcm_source *source, const dcm_groups_cell *cell) {
    const uint8_t *held = dcm_source_held(source, cell->offset, cell->length);
    if (held || !source->mapping.bytes) return held;
    if (cell->offset > source->nbytes || cell->length > source->nbytes - cell->offset) return NULL;
    return source->mapping.bytes + cell->offset;
}

/* Values lie a frame apart in the source, further than the processor looks ahead by itself. */
static inline void look_ahead(const struct values *v, uint64_t frame) {
    if (v->groups->nframes - frame <= NAHEAD) return;
    const dcm_groups_cell *cell = v->groups->cells + (frame + NAHEAD) * v->groups->npaths + v->path;
    const uint8_t *p = cell->state == DCM_GROUPS_FOUND ? value_at(v->source, cell) : NULL;
    if (p) __builtin_prefetch(p);
}

/* Backslashes and one more, of text without padding: eight bytes at a time. */
static uint64_t count_values(const uint8_t *p, uint64_t nbytes) {
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu, backslashes = 0x5C5C5C5C5C5C5C5Cu;
    uint64_t n = 1, i = 0;
    for (; nbytes - i >= 8; i += 8) {
        const uint64_t v = dcm_load_u64le(p + i) ^ backslashes;
        n += (uint64_t)__builtin_popcountll(~(((v & low) + low) | v | low));
    }
    for (; i < nbytes; i++)
        n += p[i] == '\\';
    return nbytes ? n : 0;
}

static bool is_same(const dcm_groups_cell *a, const dcm_groups_cell *b) {
    return a->offset == b->offset && a->length == b->length && a->state == b->state;
}

static void measure(void *context) {
    struct values *v = context;
    dcm_groups_column *column = v->column;
    const dcm_groups_cell *cell = v->groups->cells + v->path, *before = NULL;
    for (uint64_t f = 0; f < v->groups->nframes; f++, before = cell, cell += v->groups->npaths) {
        look_ahead(v, f);
        if (cell->state == DCM_GROUPS_ABSENT) continue;
        if (cell->state != DCM_GROUPS_FOUND || (column->vr && cell->vr != column->vr)) {
            column->uniform = false;
            return;
        }
        column->vr = cell->vr;
        if (before && is_same(before, cell)) continue;
        const uint32_t unit = dcm_groups_unit_nbytes(cell->vr);
        uint64_t nvalues = unit ? cell->length / unit : 0;
        if (cell->vr == DCM_VR_DS || cell->vr == DCM_VR_IS) {
            const uint8_t *p = value_at(v->source, cell);
            if (!p) {
                v->status = DCM_E_RANGE;
                return;
            }
            nvalues = count_values(p, dcm_text_trim(p, cell->length));
        }
        if (nvalues > column->max_nvalues) column->max_nvalues = nvalues;
    }
}

dcm_status dcm_groups_measure(const dcm_groups *groups, uint32_t path, const dcm_source *source,
                              dcm_groups_column *column) {
    *column = (dcm_groups_column){.uniform = true};
    struct values v = {.groups = groups, .path = path, .source = source, .column = column};
    return dcm_guarded(measure, &v) ? v.status : DCM_E_CHANGED;
}

/* Values of DS or IS one by one; what is no number stays missing. */
static void numbers_of_text(const uint8_t *p, uint64_t nbytes, bool decimal, uint64_t nvalues, uint8_t *out,
                            uint8_t *mask) {
    const uint8_t *const end = p + dcm_text_trim(p, nbytes);
    for (uint64_t i = 0; i < nvalues && p < end; i++) {
        const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
        if (!stop) stop = end;
        double real;
        int64_t whole;
        if (decimal && dcm_parse_ds(p, (size_t)(stop - p), &real)) {
            memcpy(out + 8 * i, &real, 8);
            mask[i] = 0;
        } else if (!decimal && dcm_parse_is(p, (size_t)(stop - p), &whole)) {
            memcpy(out + 8 * i, &whole, 8);
            mask[i] = 0;
        }
        p = stop < end ? stop + 1 : end;
    }
}

/* Values of the usual length: from memory of our own, in which nothing changes under the parser. */
static void decimals(const uint8_t *text, uint64_t nbytes, uint64_t nvalues, uint8_t *out, uint8_t *mask) {
    const uint64_t trimmed = dcm_text_trim(text, nbytes), n = count_values(text, trimmed);
    if (n == nvalues && dcm_parse_ds_list(text, (size_t)trimmed, (double *)(void *)out, (size_t)n))
        memset(mask, 0, (size_t)n);
    else
        numbers_of_text(text, nbytes, true, nvalues, out, mask);
}

static void binary(const uint8_t *p, uint64_t n, uint16_t vr, bool big, uint8_t *out) {
    const uint32_t unit = dcm_groups_unit_nbytes(vr);
    for (uint64_t i = 0; i < n; i++, p += unit, out += unit) {
        if (unit == 2) {
            const uint16_t bits = dcm_load_u16(p, big);
            memcpy(out, &bits, 2);
        } else if (unit == 8) {
            const uint64_t bits = dcm_load_u64(p, big);
            memcpy(out, &bits, 8);
        } else {
            uint32_t bits = dcm_load_u32(p, big);
            if (vr == DCM_VR_AT) bits = (uint32_t)dcm_load_u16(p, big) << 16 | dcm_load_u16(p + 2, big);
            memcpy(out, &bits, 4);
        }
    }
}

static void fill_missing(uint16_t vr, uint64_t nvalues, uint8_t *out, uint8_t *mask) {
    memset(mask, 1, (size_t)nvalues);
    if (vr == DCM_VR_DS || vr == DCM_VR_FD) {
        for (uint64_t i = 0; i < nvalues; i++)
            memcpy(out + 8 * i, &(double){NAN}, 8);
    } else if (vr == DCM_VR_FL) {
        for (uint64_t i = 0; i < nvalues; i++)
            memcpy(out + 4 * i, &(float){NAN}, 4);
    } else {
        memset(out, 0, (size_t)(nvalues * dcm_groups_unit_nbytes(vr)));
    }
}

static void numbers(void *context) {
    struct values *v = context;
    const uint16_t vr = v->vr;
    const uint64_t k = v->nvalues;
    const uint32_t unit = dcm_groups_unit_nbytes(vr);
    const uint64_t frame_nbytes = k * unit;
    uint8_t text[TEXT_NBYTES]; /* of the DS before: frames say the same again and again */
    uint64_t text_nbytes = UINT64_MAX;
    const dcm_groups_cell *cell = v->groups->cells + v->path, *before = NULL;
    uint8_t *out = v->out, *mask = v->mask;
    for (uint64_t f = 0; f < v->groups->nframes; f++, before = cell, cell += v->groups->npaths) {
        look_ahead(v, f);
        const bool there = cell->state == DCM_GROUPS_FOUND && cell->vr == vr;
        const uint8_t *p = there ? value_at(v->source, cell) : NULL;
        if (there && !p) {
            v->status = DCM_E_RANGE;
            return;
        }
        const bool short_text = there && vr == DCM_VR_DS && cell->length <= TEXT_NBYTES;
        if (before && (is_same(before, cell) || (short_text && cell->length == text_nbytes &&
                                                 memcmp(p, text, (size_t)text_nbytes) == 0))) {
            memcpy(out, out - frame_nbytes, (size_t)frame_nbytes);
            memcpy(mask, mask - k, (size_t)k);
        } else {
            fill_missing(vr, k, out, mask);
            text_nbytes = UINT64_MAX;
            if (short_text) {
                text_nbytes = cell->length;
                memcpy(text, p, (size_t)text_nbytes);
                decimals(text, text_nbytes, k, out, mask);
            } else if (there && (vr == DCM_VR_DS || vr == DCM_VR_IS)) {
                numbers_of_text(p, cell->length, vr == DCM_VR_DS, k, out, mask);
            } else if (there) {
                const uint64_t n = cell->length / unit < k ? cell->length / unit : k;
                binary(p, n, vr, cell->flags & DCM_ROW_BIG_ENDIAN, out);
                memset(mask, 0, (size_t)n);
            }
        }
        for (uint64_t i = 0; i < k; i++)
            v->nmissing += mask[i];
        out += frame_nbytes;
        mask += k;
    }
}

dcm_status dcm_groups_numbers(const dcm_groups *groups, uint32_t path, const dcm_source *source, uint16_t vr,
                              uint64_t nvalues, void *out, uint8_t *mask, uint64_t *nmissing_out) {
    if (dcm_groups_unit_nbytes(vr) == 0) return DCM_E_RANGE;
    struct values v = {.groups = groups,
                       .path = path,
                       .source = source,
                       .vr = vr,
                       .nvalues = nvalues,
                       .out = out,
                       .mask = mask};
    if (!dcm_guarded(numbers, &v)) return DCM_E_CHANGED;
    if (v.status == DCM_OK) *nmissing_out = v.nmissing;
    return v.status;
}
