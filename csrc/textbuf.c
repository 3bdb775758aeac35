/* Text in UTF-8 that grows at its end. */
#include "textbuf.h"

#include <stdlib.h>

#define FIRST_NBYTES 4096u

void dcm_textbuf_init(dcm_textbuf *text) {
    *text = (dcm_textbuf){0};
}

void dcm_textbuf_free(dcm_textbuf *text) {
    free(text->bytes);
    dcm_textbuf_init(text);
}

bool dcm_textbuf_grow(dcm_textbuf *text, size_t nbytes) {
    const size_t limit = SIZE_MAX / 2;
    if (nbytes <= limit && text->nbytes <= limit - nbytes) {
        size_t capacity = text->capacity < limit / 2 ? 2 * text->capacity : limit;
        if (capacity < FIRST_NBYTES) capacity = FIRST_NBYTES;
        if (capacity < text->nbytes + nbytes) capacity = text->nbytes + nbytes;
        uint8_t *bytes = realloc(text->bytes, capacity);
        if (bytes) {
            text->bytes = bytes;
            text->capacity = capacity;
            return true;
        }
    }
    text->failed = true;
    return false;
}
