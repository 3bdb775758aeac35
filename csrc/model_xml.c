/* The notation of the Native DICOM Model. PS3.19 §A.1; XML 1.0. */
#include "dict.h"
#include "model_internal.h"
#include "shortest.h"
#include "vr.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, for what XML cannot hold */
#define PIECE_NBYTES 4096          /* of text that room is made for at once */

/* What stands for a byte that does not stand for itself; NULL if it does. Carriage returns would be read as
   line feeds, and in attributes white space would be read as spaces. */
static const char *reference(uint8_t c, bool in_attribute) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;";
    case '\t':
        return in_attribute ? "&#9;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    default:
        return c < 0x20 ? REPLACEMENT : NULL;
    }
}

/* U+FFFE, U+FFFF, and the surrogates that a caller may have put. */
static bool is_unfit(const uint8_t *p, const uint8_t *end) {
    if (end - p < 3) return false;
    return (p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE) || (p[0] == 0xED && p[1] >= 0xA0);
}

static void put_escaped(dcm_textbuf *out, dcm_model_text text, bool in_attribute) {
    const uint8_t *p = text.p, *const end = p + text.nbytes;
    while (p < end) {
        const size_t n = end - p < PIECE_NBYTES ? (size_t)(end - p) : PIECE_NBYTES;
        uint8_t *start = dcm_textbuf_room(out, 6 * n + 3), *to = start;
        if (!start) return;
        for (const uint8_t *const stop = p + n; p < stop; p++) {
            const char *other = *p < 0x40 ? reference(*p, in_attribute) : NULL;
            if (other) {
                const size_t nchars = strlen(other);
                memcpy(to, other, nchars);
                to += nchars;
            } else if (*p >= 0x80 && text.latin1) {
                *to++ = (uint8_t)(0xC0 | *p >> 6), *to++ = (uint8_t)(0x80 | (*p & 0x3F));
            } else if (is_unfit(p, end)) {
                memcpy(to, REPLACEMENT, 3);
                to += 3, p += 2;
            } else {
                *to++ = *p;
            }
        }
        out->nbytes += (size_t)(to - start);
    }
}

static void open_element(dcm_model *model, uint32_t tag, uint16_t vr, dcm_model_text creator) {
    dcm_textbuf *out = model->out;
    const uint8_t letters[2] = {(uint8_t)vr, (uint8_t)(vr >> 8)};
    const dcm_dict_entry *entry = tag & 0x10000 ? NULL : dcm_dict_find(tag);
    DCM_TEXTBUF_SAY(out, "\n<DicomAttribute tag=\"");
    dcm_model_put_tag(out, tag);
    DCM_TEXTBUF_SAY(out, "\" vr=\"");
    dcm_textbuf_put(out, letters, 2);
    if (entry && dcm_dict_text[entry->keyword]) {
        const char *keyword = dcm_dict_text + entry->keyword;
        DCM_TEXTBUF_SAY(out, "\" keyword=\"");
        dcm_textbuf_put(out, keyword, strlen(keyword));
    }
    if (creator.nbytes) {
        DCM_TEXTBUF_SAY(out, "\" privateCreator=\"");
        put_escaped(out, creator, true);
    }
    DCM_TEXTBUF_SAY(out, "\">");
}

static void close_element(dcm_model *model) {
    DCM_TEXTBUF_SAY(model->out, "</DicomAttribute>");
}

static void no_brackets(dcm_model *model) {
    (void)model;
}

static void open_numbered(dcm_textbuf *out, const char *name, uint32_t number) {
    char digits[DCM_NUMBER_NCHARS];
    dcm_textbuf_put(out, name, strlen(name));
    DCM_TEXTBUF_SAY(out, " number=\"");
    dcm_textbuf_put(out, digits, dcm_format_unsigned(number, digits));
    DCM_TEXTBUF_SAY(out, "\">");
}

static void put_text(dcm_model *model, uint32_t number, dcm_model_text text) {
    open_numbered(model->out, "<Value", number);
    put_escaped(model->out, text, false);
    DCM_TEXTBUF_SAY(model->out, "</Value>");
}

static void put_number(dcm_model *model, uint32_t number, const char *text, uint32_t nchars, bool quoted) {
    (void)quoted;
    put_text(model, number, (dcm_model_text){.p = (const uint8_t *)text, .nbytes = nchars});
}

/* Up to five components; more, which the standard does not know, stay with the last. PS3.5 §6.2.1. */
static void put_components(dcm_textbuf *out, dcm_model_text group) {
    static const char *const names[] = {"FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"};
    const uint8_t *p = group.p, *const end = p + group.nbytes;
    for (uint32_t i = 0; i < 5 && p < end; i++) {
        const uint8_t *stop = i < 4 ? memchr(p, '^', (size_t)(end - p)) : NULL;
        if (!stop) stop = end;
        if (stop > p) {
            const size_t n = strlen(names[i]);
            DCM_TEXTBUF_SAY(out, "<");
            dcm_textbuf_put(out, names[i], n);
            DCM_TEXTBUF_SAY(out, ">");
            const uint64_t nbytes = (uint64_t)(stop - p);
            put_escaped(out, (dcm_model_text){.p = p, .nbytes = nbytes, .latin1 = group.latin1}, false);
            DCM_TEXTBUF_SAY(out, "</");
            dcm_textbuf_put(out, names[i], n);
            DCM_TEXTBUF_SAY(out, ">");
        }
        p = stop < end ? stop + 1 : end;
    }
}

static void put_name(dcm_model *model, uint32_t number, dcm_model_text name) {
    static const char *const groups[] = {"Alphabetic", "Ideographic", "Phonetic"};
    dcm_textbuf *out = model->out;
    open_numbered(out, "<PersonName", number);
    const uint8_t *p = name.p, *const end = p + name.nbytes;
    for (uint32_t i = 0; i < 3 && p < end; i++) {
        const uint8_t *stop = memchr(p, '=', (size_t)(end - p));
        if (!stop) stop = end;
        bool any = false;
        for (const uint8_t *c = p; c < stop && !any; c++)
            any = *c != '^';
        if (any) {
            const size_t n = strlen(groups[i]);
            DCM_TEXTBUF_SAY(out, "<");
            dcm_textbuf_put(out, groups[i], n);
            DCM_TEXTBUF_SAY(out, ">");
            const uint64_t nbytes = (uint64_t)(stop - p);
            put_components(out, (dcm_model_text){.p = p, .nbytes = nbytes, .latin1 = name.latin1});
            DCM_TEXTBUF_SAY(out, "</");
            dcm_textbuf_put(out, groups[i], n);
            DCM_TEXTBUF_SAY(out, ">");
        }
        p = stop < end ? stop + 1 : end;
    }
    DCM_TEXTBUF_SAY(out, "</PersonName>");
}

static void put_empty(dcm_model *model, uint32_t number, uint16_t vr) {
    const bool is_name = vr == DCM_VR_PN;
    open_numbered(model->out, is_name ? "<PersonName" : "<Value", number);
    if (is_name)
        DCM_TEXTBUF_SAY(model->out, "</PersonName>");
    else
        DCM_TEXTBUF_SAY(model->out, "</Value>");
}

static void open_item(dcm_model *model, uint32_t number) {
    open_numbered(model->out, "\n<Item", number);
}

static void close_item(dcm_model *model) {
    DCM_TEXTBUF_SAY(model->out, "</Item>");
}

static void put_binary(dcm_model *model, const uint8_t *p, uint64_t nbytes, uint32_t unit_nbytes) {
    DCM_TEXTBUF_SAY(model->out, "<InlineBinary>");
    dcm_model_base64(model->out, p, nbytes, unit_nbytes);
    DCM_TEXTBUF_SAY(model->out, "</InlineBinary>");
}

const dcm_model_style dcm_model_xml = {
    .open_element = open_element,
    .close_element = close_element,
    .open_values = no_brackets,
    .close_values = no_brackets,
    .empty = put_empty,
    .text = put_text,
    .name = put_name,
    .number = put_number,
    .open_item = open_item,
    .close_item = close_item,
    .binary = put_binary,
    .wants_creator = true,
};
