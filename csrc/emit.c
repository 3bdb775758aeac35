/* Data elements, sequences and items into a plan. PS3.5 §7.1, §7.5, §A.1 to §A.3. */
#include "emit.h"

#include "text.h"
#include "vr.h"

void dcm_emit_init(dcm_emitter *emitter, dcm_encoding encoding, dcm_lengths lengths) {
    dcm_plan_init(&emitter->plan);
    emitter->encoding = encoding;
    emitter->lengths = lengths;
    emitter->depth = 0;
}

void dcm_emit_free(dcm_emitter *emitter) {
    dcm_plan_free(&emitter->plan);
}

static void store_u16(uint8_t *p, uint16_t value, bool big) {
    p[big ? 1 : 0] = (uint8_t)value;
    p[big ? 0 : 1] = (uint8_t)(value >> 8);
}

static void store_u32(uint8_t *p, uint32_t value, bool big) {
    for (uint32_t i = 0; i < 4; i++)
        p[big ? 3 - i : i] = (uint8_t)(value >> 8 * i);
}

static void store_tag(uint8_t *p, uint32_t tag, bool big) {
    store_u16(p, (uint16_t)(tag >> 16), big);
    store_u16(p + 2, (uint16_t)tag, big);
}

uint8_t dcm_padding_of(uint16_t vr) {
    return vr != DCM_VR_UI && dcm_text_kind_of(vr) != DCM_TEXT_NOT ? ' ' : 0;
}

/* Items and delimiters, and everything in implicit VR: tag and length. */
static dcm_status put_short(dcm_emitter *emitter, uint32_t tag, uint32_t length) {
    uint8_t *p = dcm_plan_extend(&emitter->plan, 8);
    if (!p) return DCM_E_NO_MEMORY;
    store_tag(p, tag, emitter->encoding.big);
    store_u32(p + 4, length, emitter->encoding.big);
    return DCM_OK;
}

/* With a VR; its length field has 16 bits or 32. */
static dcm_status put_explicit(dcm_emitter *emitter, uint32_t tag, uint16_t vr, uint32_t length) {
    const bool big = emitter->encoding.big, wide = dcm_vr_class_of(vr) != DCM_VR_SHORT;
    uint8_t *p = dcm_plan_extend(&emitter->plan, wide ? 12 : 8);
    if (!p) return DCM_E_NO_MEMORY;
    store_tag(p, tag, big);
    p[4] = (uint8_t)vr;
    p[5] = (uint8_t)(vr >> 8);
    if (wide) {
        p[6] = p[7] = 0;
        store_u32(p + 8, length, big);
    } else {
        store_u16(p + 6, (uint16_t)length, big);
    }
    return DCM_OK;
}

dcm_status dcm_emit_header(dcm_emitter *emitter, uint32_t tag, uint16_t *vr, uint64_t nbytes) {
    if (nbytes >= DCM_UNDEFINED_LENGTH) return DCM_E_RANGE;
    if (emitter->encoding.implicit) return put_short(emitter, tag, (uint32_t)nbytes);
    if (dcm_vr_class_of(*vr) == DCM_VR_UNKNOWN) *vr = DCM_VR_UN;
    if (nbytes > 0xFFFF && dcm_vr_class_of(*vr) == DCM_VR_SHORT) *vr = DCM_VR_UN;
    return put_explicit(emitter, tag, *vr, (uint32_t)nbytes);
}

dcm_status dcm_emit_element(dcm_emitter *emitter, uint32_t tag, uint16_t vr, const uint8_t *value,
                            uint64_t nbytes) {
    const uint8_t padding = dcm_padding_of(vr);
    dcm_status status = dcm_emit_header(emitter, tag, &vr, nbytes + (nbytes & 1));
    if (status == DCM_OK) status = dcm_plan_put(&emitter->plan, value, nbytes);
    if (status == DCM_OK && nbytes & 1) status = dcm_plan_put(&emitter->plan, &padding, 1);
    return status;
}

static dcm_status open_container(dcm_emitter *emitter, uint32_t end_tag, bool undefined) {
    dcm_container *top = &emitter->stack[emitter->depth++];
    top->start = emitter->plan.nbytes;
    top->length_at = emitter->plan.own_nbytes - 4;
    top->end_tag = end_tag;
    top->undefined = undefined;
    return DCM_OK;
}

static bool is_undefined(const dcm_emitter *emitter, bool was_undefined) {
    if (emitter->lengths == DCM_LENGTHS_KEEP) return was_undefined;
    return emitter->lengths == DCM_LENGTHS_UNDEFINED;
}

dcm_status dcm_emit_begin(dcm_emitter *emitter, uint32_t tag, bool was_undefined) {
    if (emitter->depth >= DCM_EMIT_MAX_DEPTH) return DCM_E_TOO_DEEP;
    const dcm_status status = emitter->encoding.implicit
                                  ? put_short(emitter, tag, DCM_UNDEFINED_LENGTH)
                                  : put_explicit(emitter, tag, DCM_VR_SQ, DCM_UNDEFINED_LENGTH);
    if (status != DCM_OK) return status;
    return open_container(emitter, DCM_TAG_SEQUENCE_END, is_undefined(emitter, was_undefined));
}

dcm_status dcm_emit_begin_item(dcm_emitter *emitter, bool was_undefined) {
    if (emitter->depth >= DCM_EMIT_MAX_DEPTH) return DCM_E_TOO_DEEP;
    const dcm_status status = put_short(emitter, DCM_TAG_ITEM, DCM_UNDEFINED_LENGTH);
    if (status != DCM_OK) return status;
    return open_container(emitter, DCM_TAG_ITEM_END, is_undefined(emitter, was_undefined));
}

dcm_status dcm_emit_end(dcm_emitter *emitter) {
    if (emitter->depth == 0) return DCM_E_RANGE;
    const dcm_container *top = &emitter->stack[--emitter->depth];
    const uint64_t nbytes = emitter->plan.nbytes - top->start;
    if (top->undefined || nbytes >= DCM_UNDEFINED_LENGTH) return put_short(emitter, top->end_tag, 0);
    store_u32(emitter->plan.own + top->length_at, (uint32_t)nbytes, emitter->encoding.big);
    return DCM_OK;
}
