/* The value of a column's element as cells of the column's type. PS3.5 §6.2, §6.1.2.
   Nearly all text of an archive is ASCII without escapes, which is UTF-8 already: one pass of eight
   bytes a step finds out, one copy puts it into the column. */
#include "colvalue.h"

#include "number.h"
#include "text.h"
#include "vr.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TAG_SPECIFIC_CHARACTER_SET 0x00080005u
#define TAG_PIXEL_REPRESENTATION 0x00280103u
#define ESC 0x1B

bool dcm_is_utf8(const uint8_t *p, uint64_t nbytes) {
    const uint8_t *end = p + nbytes;
    while (p < end) {
        uint8_t c = *p++;
        if (c < 0x80) continue;
        uint8_t lo = 0x80, hi = 0xBF;
        int nmore;
        if (c >= 0xC2 && c <= 0xDF) {
            nmore = 1;
        } else if (c >= 0xE0 && c <= 0xEF) {
            nmore = 2;
            if (c == 0xE0) lo = 0xA0;
            if (c == 0xED) hi = 0x9F;
        } else if (c >= 0xF0 && c <= 0xF4) {
            nmore = 3;
            if (c == 0xF0) lo = 0x90;
            if (c == 0xF4) hi = 0x8F;
        } else {
            return false;
        }
        if (end - p < nmore || *p < lo || *p > hi) return false;
        for (int i = 1; i < nmore; i++)
            if (p[i] < 0x80 || p[i] > 0xBF) return false;
        p += nmore;
    }
    return true;
}

/* Nobody knows the VR of these bytes: might they be text? */
static bool is_printable(dcm_borrowed value) {
    while (value.nbytes > 0 && value.p[value.nbytes - 1] == 0)
        value.nbytes--;
    for (uint64_t i = 0; i < value.nbytes; i++)
        if (value.p[i] < 0x20 || value.p[i] > 0x7E) return false;
    return true;
}

/* The bytes of a row, as far as the source has them. */
static bool view_value(const dcm_record *record, uint32_t row, dcm_borrowed *out) {
    const dcm_element *element = &record->index->rows[row];
    if (element->offset > record->nbytes || element->length > record->nbytes - element->offset) return false;
    if (record->fill && !record->fill(record->context, element->offset, element->length)) return false;
    *out = (dcm_borrowed){record->bytes + element->offset, element->length};
    return true;
}

/* Value of the Specific Character Set that holds at a row: its own data set's or the nearest
 * around. */
static dcm_borrowed character_set_at(const dcm_record *record, uint32_t row) {
    const dcm_element *rows = record->index->rows;
    dcm_borrowed terms = {NULL, 0};
    for (;;) {
        uint32_t item = rows[row].parent;
        uint32_t found = dcm_index_find(record->index, item, TAG_SPECIFIC_CHARACTER_SET);
        if (found != DCM_NO_ROW && view_value(record, found, &terms)) return terms;
        if (item == DCM_NO_ROW || rows[item].parent == DCM_NO_ROW) return terms;
        row = rows[item].parent;
    }
}

static bool terms_are(dcm_borrowed terms, const char *term) {
    size_t n = strlen(term);
    return dcm_text_trim(terms.p, terms.nbytes) == n && memcmp(terms.p, term, n) == 0;
}

static bool latin1_to_utf8(dcm_record *record, dcm_borrowed text, dcm_borrowed *out) {
    if (text.nbytes > record->scratch_cap / 2) {
        if (text.nbytes > SIZE_MAX / 2) return false;
        uint8_t *p = realloc(record->scratch, (size_t)text.nbytes * 2);
        if (!p) return false;
        record->scratch = p;
        record->scratch_cap = text.nbytes * 2;
    }
    uint8_t *to = record->scratch;
    for (uint64_t i = 0; i < text.nbytes; i++) {
        uint8_t c = text.p[i];
        if (c < 0x80) {
            *to++ = c;
        } else {
            *to++ = (uint8_t)(0xC0 | c >> 6);
            *to++ = (uint8_t)(0x80 | (c & 0x3F));
        }
    }
    *out = (dcm_borrowed){record->scratch, (uint64_t)(to - record->scratch)};
    return true;
}

static bool has_escape(dcm_borrowed text) {
    return memchr(text.p, ESC, (size_t)text.nbytes) != NULL;
}

static bool to_utf8(dcm_record *record, uint32_t row, uint16_t vr, dcm_borrowed *text) {
    if (DCM_LIKELY(dcm_text_is_plain(text->p, text->nbytes))) return true;
    if (!dcm_text_has_charset(vr)) return latin1_to_utf8(record, *text, text);
    dcm_borrowed terms = character_set_at(record, row);
    if (terms_are(terms, "ISO_IR 192") && dcm_is_utf8(text->p, text->nbytes)) return true;
    if (terms_are(terms, "ISO_IR 100") && !has_escape(*text)) return latin1_to_utf8(record, *text, text);
    return record->decode && record->decode(record->context, *text, vr, terms, text);
}

static void put_trimmed(dcm_cells *cells, const uint8_t *p, const uint8_t *end, bool both_sides) {
    end = p + dcm_text_trim(p, (uint64_t)(end - p));
    if (both_sides)
        while (p < end && *p == ' ')
            p++;
    if (p == end)
        dcm_cells_put_null(cells);
    else
        dcm_cells_put_text(cells, p, (size_t)(end - p));
}

static void emit_text(const dcm_column *column, dcm_record *record, uint32_t row, uint16_t vr,
                      dcm_borrowed text, dcm_cells *cells) {
    if (!to_utf8(record, row, vr, &text)) text.nbytes = 0;
    const uint8_t *p = text.p, *end = p + dcm_text_trim(p, text.nbytes);
    bool both_sides = vr == DCM_VR_AE;
    if (!column->list) {
        put_trimmed(cells, p, end, both_sides);
    } else if (p < end) {
        for (const uint8_t *stop; (stop = memchr(p, '\\', (size_t)(end - p))) != NULL; p = stop + 1)
            put_trimmed(cells, p, stop, both_sides);
        put_trimmed(cells, p, end, both_sides);
    }
}

static void put_parsed(dcm_cells *cells, const uint8_t *p, const uint8_t *end) {
    int64_t integer;
    double number;
    if (cells->type == DCM_CELL_INT && dcm_parse_is(p, (size_t)(end - p), &integer))
        dcm_cells_put_int(cells, integer);
    else if (cells->type == DCM_CELL_FLOAT && dcm_parse_ds(p, (size_t)(end - p), &number))
        dcm_cells_put_float(cells, number);
    else
        dcm_cells_put_null(cells);
}

static void emit_parsed(const dcm_column *column, dcm_borrowed text, dcm_cells *cells) {
    const uint8_t *p = text.p, *end = p + dcm_text_trim(p, text.nbytes);
    if (column->list && p == end) return;
    for (const uint8_t *stop; (stop = memchr(p, '\\', (size_t)(end - p))) != NULL; p = stop + 1) {
        put_parsed(cells, p, stop);
        if (!column->list) return;
    }
    put_parsed(cells, p, end);
}

/* US|SS: signed if Pixel Representation says so. PS3.5 Annex A, PS3.3 §C.7.6.3. */
static bool pixels_are_signed(const dcm_record *record) {
    uint32_t row = dcm_index_find(record->index, DCM_NO_ROW, TAG_PIXEL_REPRESENTATION);
    dcm_borrowed value;
    if (row == DCM_NO_ROW || !view_value(record, row, &value) || value.nbytes < 2) return false;
    return dcm_load_u16(value.p, record->index->rows[row].flags & DCM_ROW_BIG_ENDIAN) == 1;
}

static void put_integer(dcm_cells *cells, int64_t value) {
    char text[24];
    switch (cells->type) {
    case DCM_CELL_FLOAT:
        dcm_cells_put_float(cells, (double)value);
        break;
    case DCM_CELL_TEXT:
        dcm_cells_put_text(cells, (const uint8_t *)text,
                           (size_t)snprintf(text, sizeof text, "%" PRId64, value));
        break;
    default:
        dcm_cells_put_int(cells, value);
    }
}

static void put_real(dcm_cells *cells, double value) {
    if (cells->type == DCM_CELL_FLOAT)
        dcm_cells_put_float(cells, value);
    else if (cells->type == DCM_CELL_INT && value >= -0x1p63 && value < 0x1p63 &&
             (double)(int64_t)value == value)
        dcm_cells_put_int(cells, (int64_t)value);
    else
        dcm_cells_put_null(cells);
}

static void put_tag(dcm_cells *cells, uint32_t tag) {
    char text[16];
    if (cells->type == DCM_CELL_TEXT)
        dcm_cells_put_text(cells, (const uint8_t *)text,
                           (size_t)snprintf(text, sizeof text, "%08" PRIX32, tag));
    else
        dcm_cells_put_null(cells);
}

/* One binary value of a VR that dcm_vr_unit_nbytes knows. */
static void put_binary(dcm_cells *cells, const uint8_t *p, uint16_t vr, bool big, bool is_signed) {
    uint64_t wide;
    uint32_t narrow;
    float single;
    double number;
    switch (vr) {
    case DCM_VR_SS:
        put_integer(cells, (int16_t)dcm_load_u16(p, big));
        return;
    case DCM_VR_XS:
    case DCM_VR_XO:
        if (is_signed) {
            put_integer(cells, (int16_t)dcm_load_u16(p, big));
            return;
        }
        put_integer(cells, dcm_load_u16(p, big));
        return;
    case DCM_VR_US:
    case DCM_VR_UO:
    case DCM_VR_OW:
        put_integer(cells, dcm_load_u16(p, big));
        return;
    case DCM_VR_UL:
    case DCM_VR_OL:
        put_integer(cells, dcm_load_u32(p, big));
        return;
    case DCM_VR_SL:
        put_integer(cells, (int32_t)dcm_load_u32(p, big));
        return;
    case DCM_VR_SV:
        put_integer(cells, (int64_t)dcm_load_u64(p, big));
        return;
    case DCM_VR_UV:
    case DCM_VR_OV:
        wide = dcm_load_u64(p, big);
        if (wide > INT64_MAX)
            dcm_cells_put_null(cells);
        else
            put_integer(cells, (int64_t)wide);
        return;
    case DCM_VR_FL:
    case DCM_VR_OF:
        narrow = dcm_load_u32(p, big);
        memcpy(&single, &narrow, sizeof single);
        put_real(cells, (double)single);
        return;
    case DCM_VR_FD:
    case DCM_VR_OD:
        wide = dcm_load_u64(p, big);
        memcpy(&number, &wide, sizeof number);
        put_real(cells, number);
        return;
    case DCM_VR_AT:
        put_tag(cells, (uint32_t)dcm_load_u16(p, big) << 16 | dcm_load_u16(p + 2, big));
        return;
    default:
        dcm_cells_put_null(cells);
    }
}

static void emit_binary(const dcm_column *column, const dcm_record *record, uint16_t vr, bool big,
                        dcm_borrowed value, dcm_cells *cells) {
    uint32_t unit = vr == DCM_VR_AT ? 4 : dcm_vr_unit_nbytes(vr);
    if (unit == 0 || value.nbytes < unit) {
        if (!column->list) dcm_cells_put_null(cells);
        return;
    }
    bool is_signed = (vr == DCM_VR_XS || vr == DCM_VR_XO) && pixels_are_signed(record);
    uint64_t n = column->list ? value.nbytes / unit : 1;
    for (uint64_t i = 0; i < n; i++)
        put_binary(cells, value.p + i * unit, vr, big, is_signed);
}

void dcm_column_emit(const dcm_column *column, dcm_record *record, uint32_t row, dcm_cells *cells) {
    dcm_borrowed value = {NULL, 0};
    if (row == DCM_NO_ROW || !view_value(record, row, &value) || value.nbytes == 0) {
        if (!column->list) dcm_cells_put_null(cells);
        dcm_cells_end_row(cells);
        return;
    }
    const dcm_element *element = &record->index->rows[row];
    uint16_t vr = element->vr;
    if (vr == DCM_VR_UN || dcm_vr_class_of(vr) == DCM_VR_UNKNOWN) {
        bool ambiguous = vr == DCM_VR_XS || vr == DCM_VR_XO || vr == DCM_VR_UO;
        if (!ambiguous) vr = column->vr;
    }
    if (vr == DCM_VR_UN && is_printable(value)) vr = DCM_VR_LO;
    if (dcm_text_kind_of(vr) == DCM_TEXT_NOT)
        emit_binary(column, record, vr, element->flags & DCM_ROW_BIG_ENDIAN, value, cells);
    else if (column->type == DCM_CELL_TEXT)
        emit_text(column, record, row, vr, value, cells);
    else
        emit_parsed(column, value, cells);
    dcm_cells_end_row(cells);
}
