/* The values of one element as text. PS3.5 §6.2, §6.4; PS3.18 §F.2.3 to §F.2.7. */
#include "base64.h"
#include "colvalue.h"
#include "model_internal.h"
#include "number.h"
#include "shortest.h"
#include "text.h"
#include "vr.h"

#include <math.h>

#define ESC 0x1B
#define SWAP_NBYTES 1536u /* swapped at a time: a multiple of 3 and of 8 */

void dcm_model_put_tag(dcm_textbuf *out, uint32_t tag) {
    uint8_t digits[8];
    for (uint32_t i = 0; i < 8; i++)
        digits[i] = (uint8_t) "0123456789ABCDEF"[tag >> (28 - 4 * i) & 15];
    dcm_textbuf_put(out, digits, 8);
}

/* Whole numbers are turned round; what is left behind the last stays. */
static void swap(const uint8_t *p, uint32_t nbytes, uint32_t unit, uint8_t *to) {
    uint32_t i = 0;
    for (; nbytes - i >= unit; i += unit)
        for (uint32_t k = 0; k < unit; k++)
            to[i + k] = p[i + unit - 1 - k];
    memcpy(to + i, p + i, nbytes - i);
}

void dcm_model_base64(dcm_textbuf *out, const uint8_t *p, uint64_t nbytes, uint32_t swap_nbytes) {
    const uint64_t nchars = dcm_base64_nchars(nbytes);
    if (nbytes > SIZE_MAX / 2) {
        out->failed = true;
        return;
    }
    uint8_t *to = dcm_textbuf_room(out, (size_t)nchars);
    if (!to) return;
    out->nbytes += (size_t)nchars;
    if (swap_nbytes <= 1) {
        dcm_base64_encode(p, (size_t)nbytes, to);
        return;
    }
    for (uint8_t part[SWAP_NBYTES]; nbytes;) {
        const uint32_t n = nbytes < SWAP_NBYTES ? (uint32_t)nbytes : SWAP_NBYTES;
        swap(p, n, swap_nbytes, part);
        dcm_base64_encode(part, n, to);
        p += n, nbytes -= n, to += dcm_base64_nchars(n);
    }
}

/* ---- text */

/* One value, its padding cut off; "" is an empty one. */
static dcm_model_text trimmed(const uint8_t *p, uint64_t nbytes, uint16_t vr, bool latin1) {
    nbytes = dcm_text_trim(p, nbytes);
    if (vr == DCM_VR_AE || vr == DCM_VR_DS || vr == DCM_VR_IS)
        while (nbytes && *p == ' ')
            p++, nbytes--;
    if (vr == DCM_VR_PN)
        while (nbytes && p[nbytes - 1] == '=') /* empty component groups at the end */
            nbytes--;
    return (dcm_model_text){.p = p, .nbytes = nbytes, .latin1 = latin1};
}

/* False if it is no number. */
static bool put_parsed(dcm_model *model, uint32_t number, dcm_model_text text, bool decimal) {
    char chars[DCM_NUMBER_NCHARS];
    uint32_t n;
    if (decimal) {
        n = dcm_format_decimal(text.p, (size_t)text.nbytes, chars);
        double value;
        if (n == 0) {
            if (!dcm_parse_ds(text.p, (size_t)text.nbytes, &value)) return false;
            n = dcm_format_double(value, chars);
        }
    } else {
        int64_t value;
        if (!dcm_parse_is(text.p, (size_t)text.nbytes, &value)) return false;
        n = dcm_format_signed(value, chars);
    }
    model->style->number(model, number, chars, n, false);
    return true;
}

static bool put_text(dcm_model *model, uint32_t number, dcm_model_text text, uint16_t vr) {
    if (text.nbytes == 0)
        model->style->empty(model, number, vr);
    else if (vr == DCM_VR_PN)
        model->style->name(model, number, text);
    else if (model->style->parses_numbers && (vr == DCM_VR_DS || vr == DCM_VR_IS))
        return put_parsed(model, number, text, vr == DCM_VR_DS);
    else
        model->style->text(model, number, text);
    return true;
}

static bool put_texts(dcm_model *model, const dcm_model_frame *frame, const uint8_t *p, uint64_t nbytes,
                      uint16_t vr, dcm_text_kind kind) {
    nbytes = dcm_text_trim(p, nbytes);
    bool latin1 = true;
    if (dcm_text_has_charset(vr) && !dcm_text_is_plain(p, nbytes)) {
        if (frame->charset == DCM_MODEL_ASK || memchr(p, ESC, (size_t)nbytes)) return false;
        latin1 = frame->charset == DCM_MODEL_LATIN1;
        if (!latin1 && !dcm_is_utf8(p, nbytes)) return false;
    }
    const uint8_t *const end = p + nbytes;
    const uint8_t *stop = kind == DCM_TEXT_MULTI && nbytes ? memchr(p, '\\', (size_t)nbytes) : NULL;
    if (!stop) {
        const dcm_model_text text = trimmed(p, nbytes, vr, latin1);
        if (text.nbytes == 0) return true;
        model->style->open_values(model);
        if (!put_text(model, 1, text, vr)) return false;
        model->style->close_values(model);
        return true;
    }
    model->style->open_values(model);
    for (uint32_t number = 1; stop; number++) {
        if (!put_text(model, number, trimmed(p, (uint64_t)(stop - p), vr, latin1), vr)) return false;
        if (stop == end) break;
        p = stop + 1;
        stop = p < end ? memchr(p, '\\', (size_t)(end - p)) : NULL;
        if (!stop) stop = end;
    }
    model->style->close_values(model);
    return true;
}

/* ---- binary numbers */

static uint32_t format_float(double value, char *chars, bool *quoted) {
    *quoted = !isfinite(value);
    if (!*quoted) return dcm_format_double(value, chars);
    const char *name = isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf";
    const uint32_t n = (uint32_t)strlen(name);
    memcpy(chars, name, n);
    return n;
}

static double as_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static double as_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

static uint32_t format_tag(uint32_t tag, char *chars) {
    for (uint32_t i = 0; i < 8; i++)
        chars[i] = "0123456789ABCDEF"[tag >> (28 - 4 * i) & 15];
    return 8;
}

static uint32_t format_number(const uint8_t *p, uint16_t vr, bool big, char *chars, bool *quoted) {
    *quoted = false;
    switch (vr) {
    case DCM_VR_US:
        return dcm_format_unsigned(dcm_load_u16(p, big), chars);
    case DCM_VR_SS:
        return dcm_format_signed((int16_t)dcm_load_u16(p, big), chars);
    case DCM_VR_UL:
        return dcm_format_unsigned(dcm_load_u32(p, big), chars);
    case DCM_VR_SL:
        return dcm_format_signed((int32_t)dcm_load_u32(p, big), chars);
    case DCM_VR_UV:
        return dcm_format_unsigned(dcm_load_u64(p, big), chars);
    case DCM_VR_SV:
        return dcm_format_signed((int64_t)dcm_load_u64(p, big), chars);
    case DCM_VR_FL:
        return format_float(as_float(dcm_load_u32(p, big)), chars, quoted);
    case DCM_VR_FD:
        return format_float(as_double(dcm_load_u64(p, big)), chars, quoted);
    default: /* AT */
        *quoted = true;
        return format_tag((uint32_t)dcm_load_u16(p, big) << 16 | dcm_load_u16(p + 2, big), chars);
    }
}

/* LUT Descriptors count their entries without a sign. PS3.3 C.11.1.1.1. */
static bool counts_entries(const dcm_element *row, uint16_t vr) {
    return vr == DCM_VR_SS && (row->tag == 0x00283002 || (row->tag >= 0x00281101 && row->tag <= 0x00281103));
}

static void put_numbers(dcm_model *model, const dcm_element *row, const uint8_t *p, uint16_t vr,
                        uint32_t unit) {
    const bool big = row->flags & DCM_ROW_BIG_ENDIAN;
    const uint64_t n = row->length / unit;
    if (n == 0) return;
    model->style->open_values(model);
    for (uint64_t i = 0; i < n && !model->out->failed; i++, p += unit) {
        char chars[DCM_NUMBER_NCHARS];
        bool quoted;
        const bool count = i == 0 && n > 1 && counts_entries(row, vr);
        const uint32_t nchars = format_number(p, count ? DCM_VR_US : vr, big, chars, &quoted);
        model->style->number(model, (uint32_t)(i + 1), chars, nchars, quoted);
    }
    model->style->close_values(model);
}

bool dcm_model_values(dcm_model *model, const dcm_model_frame *frame, const dcm_element *row, uint16_t vr) {
    const uint8_t *p = dcm_model_bytes(model, row);
    const dcm_text_kind kind = dcm_text_kind_of(vr);
    if (kind != DCM_TEXT_NOT) return put_texts(model, frame, p, row->length, vr, kind);
    const uint32_t unit = vr == DCM_VR_AT ? 4 : dcm_vr_unit_nbytes(vr);
    if (vr == DCM_VR_OB || vr == DCM_VR_OD || vr == DCM_VR_OF || vr == DCM_VR_OL || vr == DCM_VR_OV ||
        vr == DCM_VR_OW || vr == DCM_VR_UN) {
        if (row->length > model->bulk_nbytes) return false;
        if (row->length == 0) return true;
        model->style->binary(model, p, row->length, row->flags & DCM_ROW_BIG_ENDIAN ? unit : 1);
        return true;
    }
    put_numbers(model, row, p, vr, unit);
    return true;
}
