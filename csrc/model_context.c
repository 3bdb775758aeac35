/* What an element's meaning hangs on in the data set around it: the VR that its header leaves open, its
   private creator, character set, Pixel Representation. PS3.5 §6.1.2.3, §7.8.1, Annex A. */
#include "dict.h"
#include "model_internal.h"
#include "text.h"
#include "vr.h"

#define TAG_CHARACTER_SET 0x00080005u
#define TAG_PIXEL_REPRESENTATION 0x00280103u
#define TAG_LUT_DESCRIPTOR 0x00283002u
#define TAG_LUT_DATA 0x00283006u
#define TAG_WAVEFORM_BITS_ALLOCATED 0x54001004u
#define TAG_PIXEL_DATA 0x7FE00010u

const uint8_t *dcm_model_bytes(const dcm_model *model, const dcm_element *row) {
    const dcm_source *source = model->source;
    const uint8_t *held = dcm_source_held(source, row->offset, row->length);
    if (held || !source->mapping.bytes) return held;
    if (row->offset > source->nbytes || row->length > source->nbytes - row->offset) return NULL;
    return source->mapping.bytes + row->offset;
}

static const dcm_element *find(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag,
                               const uint8_t **bytes) {
    const uint32_t row = dcm_index_find(model->index, frame->container, tag);
    if (row == DCM_NO_ROW) return NULL;
    *bytes = dcm_model_bytes(model, &model->index->rows[row]);
    return *bytes ? &model->index->rows[row] : NULL;
}

/* Character strings that are ASCII without escapes, as they are compared with terms. */
static bool is_plain_text(const dcm_element *row, const uint8_t *p) {
    return dcm_text_kind_of(row->vr) == DCM_TEXT_MULTI && dcm_text_is_plain(p, row->length) &&
           !memchr(p, '\\', (size_t)row->length);
}

static bool is_term(const uint8_t *p, uint64_t nbytes, const char *term) {
    return nbytes == strlen(term) && memcmp(p, term, (size_t)nbytes) == 0;
}

void dcm_model_context(const dcm_model *model, dcm_model_frame *frame) {
    const uint8_t *p;
    const dcm_element *row = find(model, frame, TAG_CHARACTER_SET, &p);
    if (row && row->length) {
        const uint64_t nbytes = dcm_text_trim(p, row->length);
        if (!is_plain_text(row, p))
            frame->charset = DCM_MODEL_ASK;
        else if (is_term(p, nbytes, "ISO_IR 100") || is_term(p, nbytes, "ISO_IR 6"))
            frame->charset = DCM_MODEL_LATIN1;
        else if (is_term(p, nbytes, "ISO_IR 192"))
            frame->charset = DCM_MODEL_UTF8;
        else if (nbytes)
            frame->charset = DCM_MODEL_ASK;
    }
    row = find(model, frame, TAG_PIXEL_REPRESENTATION, &p);
    if (!row || !row->length) return;
    if ((row->vr != DCM_VR_US && row->vr != DCM_VR_SS) || row->length > 3)
        frame->pixels = DCM_MODEL_PIXELS_ASK;
    else if (row->length >= 2)
        frame->pixels = dcm_load_u16le(p) ? DCM_MODEL_SIGNED : DCM_MODEL_UNSIGNED;
}

bool dcm_model_creator(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag,
                       dcm_model_text *creator) {
    const uint32_t block = tag >> 8 & 0xFF;
    *creator = (dcm_model_text){0};
    if (!(tag & 0x10000) || block < 0x10) return true;
    if (frame->changed) return false;
    const uint8_t *p;
    const dcm_element *row = find(model, frame, (tag & 0xFFFF0000u) | block, &p);
    if (!row || row->length == 0) return true;
    if (row->vr != DCM_VR_LO || !is_plain_text(row, p)) return false;
    uint64_t nbytes = dcm_text_trim(p, row->length);
    while (nbytes && *p == ' ')
        p++, nbytes--;
    *creator = (dcm_model_text){.p = p, .nbytes = nbytes};
    return true;
}

bool dcm_model_is_first_block(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag,
                              dcm_model_text creator) {
    for (uint32_t block = 0x10; block < (tag >> 8 & 0xFF); block++) {
        dcm_model_text other;
        if (!dcm_model_creator(model, frame, (tag & 0xFFFF0000u) | block << 8, &other)) continue;
        if (other.nbytes == creator.nbytes && memcmp(other.p, creator.p, (size_t)creator.nbytes) == 0)
            return false;
    }
    return true;
}

static uint16_t private_vr(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag) {
    dcm_model_text creator;
    if (!dcm_model_creator(model, frame, tag, &creator)) return DCM_VR_NONE;
    if (creator.nbytes == 0) return DCM_VR_UN;
    const dcm_private_entry *entry = dcm_private_find((const char *)creator.p, (size_t)creator.nbytes, tag);
    return entry && dcm_vr_class_of(entry->vr) != DCM_VR_UNKNOWN ? entry->vr : DCM_VR_UN;
}

/* LUT Data is US where the LUT has one entry, else OW. PS3.3 C.11.1.1.1, C.11.2.1.1. */
static uint16_t lut_vr(const dcm_model *model, const dcm_model_frame *frame) {
    const uint8_t *p;
    const dcm_element *row = find(model, frame, TAG_LUT_DESCRIPTOR, &p);
    if (!row || row->length == 0) return DCM_VR_OW;
    if (row->vr != DCM_VR_US && row->vr != DCM_VR_SS && row->vr != DCM_VR_XS) return DCM_VR_NONE;
    if (row->length < 2) return DCM_VR_OW;
    return dcm_load_u16(p, row->flags & DCM_ROW_BIG_ENDIAN) == 1 ? DCM_VR_US : DCM_VR_OW;
}

static uint16_t byte_or_word(const dcm_model *model, const dcm_model_frame *frame, const dcm_element *row) {
    if (row->tag == TAG_PIXEL_DATA) return row->flags & DCM_ROW_UNDEFINED ? DCM_VR_OB : DCM_VR_OW;
    if (row->flags & DCM_ROW_IMPLICIT) return DCM_VR_OW;
    const uint8_t *p;
    const dcm_element *bits = find(model, frame, TAG_WAVEFORM_BITS_ALLOCATED, &p);
    if (!bits) return DCM_VR_OW;
    if (bits->vr != DCM_VR_US || bits->length != 2) return DCM_VR_NONE;
    return dcm_load_u16(p, bits->flags & DCM_ROW_BIG_ENDIAN) == 8 ? DCM_VR_OB : DCM_VR_OW;
}

uint16_t dcm_model_vr(const dcm_model *model, const dcm_model_frame *frame, const dcm_element *row) {
    switch (row->vr) {
    case DCM_VR_XS:
        if (frame->pixels == DCM_MODEL_PIXELS_ASK) return DCM_VR_NONE;
        return frame->pixels == DCM_MODEL_SIGNED ? DCM_VR_SS : DCM_VR_US;
    case DCM_VR_OX:
        return frame->changed ? DCM_VR_NONE : byte_or_word(model, frame, row);
    case DCM_VR_XO:
    case DCM_VR_UO:
        if (row->tag != TAG_LUT_DATA) return DCM_VR_OW;
        return frame->changed ? DCM_VR_NONE : lut_vr(model, frame);
    case DCM_VR_UN:
        return row->tag & 0x10000 ? private_vr(model, frame, row->tag) : DCM_VR_UN;
    default:
        return row->vr;
    }
}
