/* Text in UTF-8 that grows at its end. */
#ifndef DCM_TEXTBUF_H
#define DCM_TEXTBUF_H

#include "base.h"

typedef struct dcm_textbuf {
    uint8_t *bytes;
    size_t nbytes, capacity;
    bool failed; /* memory was short once: what came then is missing */
} dcm_textbuf;

void dcm_textbuf_init(dcm_textbuf *text);
void dcm_textbuf_free(dcm_textbuf *text);

/* Have room for `nbytes` more; false, and the text failed, if memory is short. */
bool dcm_textbuf_grow(dcm_textbuf *text, size_t nbytes);

/* Where the next `nbytes` go; NULL if memory is short. The caller adds what it wrote to text->nbytes. */
static inline uint8_t *dcm_textbuf_room(dcm_textbuf *text, size_t nbytes) {
    if (DCM_UNLIKELY(nbytes > text->capacity - text->nbytes) && !dcm_textbuf_grow(text, nbytes)) return NULL;
    return text->bytes + text->nbytes;
}

static inline void dcm_textbuf_put(dcm_textbuf *text, const void *bytes, size_t nbytes) {
    uint8_t *to = dcm_textbuf_room(text, nbytes);
    if (!to) return;
    memcpy(to, bytes, nbytes);
    text->nbytes += nbytes;
}

/* A literal. */
#define DCM_TEXTBUF_SAY(text, literal) dcm_textbuf_put((text), (literal), sizeof(literal) - 1)

#endif
