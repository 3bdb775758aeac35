/* The notation of the DICOM JSON Model. PS3.18 Annex F; RFC 8259. */
#include "model_internal.h"

#define PIECE_NBYTES 4096 /* of text that room is made for at once */

static void put_separator(dcm_textbuf *out) {
    const uint8_t last = out->nbytes ? out->bytes[out->nbytes - 1] : '{';
    if (last != '{' && last != '[') DCM_TEXTBUF_SAY(out, ",");
}

/* Whether none of eight bytes is a control character, a quotation mark, a backslash, or beyond ASCII. */
static inline bool are_ordinary(uint64_t v) {
    const uint64_t ones = 0x0101010101010101u;
    const uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
    const uint64_t odd = (v - ones * 0x20) | (quote - ones) | (backslash - ones) | v;
    return (odd & ones * 0x80) == 0;
}

static inline uint8_t *escape(uint8_t *to, uint8_t c) {
    static const char letters[] = "btn\0fr"; /* of 8 to 13 */
    *to++ = '\\';
    if (c == '"' || c == '\\') {
        *to++ = c;
    } else if (c >= 8 && c <= 13 && letters[c - 8]) {
        *to++ = (uint8_t)letters[c - 8];
    } else {
        memcpy(to, "u00", 3);
        to[3] = (uint8_t)('0' + (c >> 4));
        to[4] = (uint8_t) "0123456789abcdef"[c & 15];
        to += 5;
    }
    return to;
}

static void put_string(dcm_textbuf *out, dcm_model_text text) {
    const uint8_t *p = text.p, *const end = p + text.nbytes;
    DCM_TEXTBUF_SAY(out, "\"");
    while (p < end) {
        const size_t n = end - p < PIECE_NBYTES ? (size_t)(end - p) : PIECE_NBYTES;
        uint8_t *start = dcm_textbuf_room(out, 6 * n), *to = start;
        if (!start) return;
        for (const uint8_t *const stop = p + n; p < stop;) {
            if (stop - p >= 8 && are_ordinary(dcm_load_u64le(p))) {
                memcpy(to, p, 8);
                to += 8, p += 8;
                continue;
            }
            const uint8_t c = *p++;
            if (c < 0x20 || c == '"' || c == '\\')
                to = escape(to, c);
            else if (c >= 0x80 && text.latin1)
                *to++ = (uint8_t)(0xC0 | c >> 6), *to++ = (uint8_t)(0x80 | (c & 0x3F));
            else
                *to++ = c;
        }
        out->nbytes += (size_t)(to - start);
    }
    DCM_TEXTBUF_SAY(out, "\"");
}

static void open_element(dcm_model *model, uint32_t tag, uint16_t vr, dcm_model_text creator) {
    (void)creator;
    dcm_textbuf *out = model->out;
    const uint8_t letters[2] = {(uint8_t)vr, (uint8_t)(vr >> 8)};
    put_separator(out);
    DCM_TEXTBUF_SAY(out, "\"");
    dcm_model_put_tag(out, tag);
    DCM_TEXTBUF_SAY(out, "\":{\"vr\":\"");
    dcm_textbuf_put(out, letters, 2);
    DCM_TEXTBUF_SAY(out, "\"");
}

static void close_element(dcm_model *model) {
    DCM_TEXTBUF_SAY(model->out, "}");
}

static void open_values(dcm_model *model) {
    DCM_TEXTBUF_SAY(model->out, ",\"Value\":[");
}

static void close_values(dcm_model *model) {
    DCM_TEXTBUF_SAY(model->out, "]");
}

/* §F.2.5: an empty value among several */
static void put_empty(dcm_model *model, uint32_t number, uint16_t vr) {
    (void)number, (void)vr;
    put_separator(model->out);
    DCM_TEXTBUF_SAY(model->out, "null");
}

static void put_text(dcm_model *model, uint32_t number, dcm_model_text text) {
    (void)number;
    put_separator(model->out);
    put_string(model->out, text);
}

static void put_name(dcm_model *model, uint32_t number, dcm_model_text name) {
    static const char *const groups[] = {"\"Alphabetic\":", "\"Ideographic\":", "\"Phonetic\":"};
    (void)number;
    dcm_textbuf *out = model->out;
    put_separator(out);
    const size_t mark = out->nbytes;
    DCM_TEXTBUF_SAY(out, "{");
    const uint8_t *p = name.p, *const end = p + name.nbytes;
    bool any = false;
    for (uint32_t i = 0; i < 3 && p < end; i++) {
        const uint8_t *stop = memchr(p, '=', (size_t)(end - p));
        if (!stop) stop = end;
        if (stop > p) {
            if (any) DCM_TEXTBUF_SAY(out, ",");
            any = true;
            dcm_textbuf_put(out, groups[i], strlen(groups[i]));
            put_string(out, (dcm_model_text){.p = p, .nbytes = (uint64_t)(stop - p), .latin1 = name.latin1});
        }
        p = stop < end ? stop + 1 : end;
    }
    if (any) {
        DCM_TEXTBUF_SAY(out, "}");
    } else {
        out->nbytes = mark;
        DCM_TEXTBUF_SAY(out, "null");
    }
}

static void put_number(dcm_model *model, uint32_t number, const char *text, uint32_t nchars, bool quoted) {
    (void)number;
    dcm_textbuf *out = model->out;
    put_separator(out);
    if (quoted) DCM_TEXTBUF_SAY(out, "\"");
    dcm_textbuf_put(out, text, nchars);
    if (quoted) DCM_TEXTBUF_SAY(out, "\"");
}

static void open_item(dcm_model *model, uint32_t number) {
    (void)number;
    put_separator(model->out);
    DCM_TEXTBUF_SAY(model->out, "{");
}

static void put_binary(dcm_model *model, const uint8_t *p, uint64_t nbytes, uint32_t unit_nbytes) {
    DCM_TEXTBUF_SAY(model->out, ",\"InlineBinary\":\"");
    dcm_model_base64(model->out, p, nbytes, unit_nbytes);
    DCM_TEXTBUF_SAY(model->out, "\"");
}

const dcm_model_style dcm_model_json = {
    .open_element = open_element,
    .close_element = close_element,
    .open_values = open_values,
    .close_values = close_values,
    .empty = put_empty,
    .text = put_text,
    .name = put_name,
    .number = put_number,
    .open_item = open_item,
    .close_item = close_element,
    .binary = put_binary,
    .parses_numbers = true,
};
