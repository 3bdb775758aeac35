/* Text that was decoded lately: names repeat file after file, and asking the decoder is slow. */
#ifndef DCM_TEXTMEMO_H
#define DCM_TEXTMEMO_H

#include "colvalue.h"

#define DCM_TEXTMEMO_NSLOTS 128u /* a power of two */

typedef struct dcm_textmemo_slot {
    uint8_t *bytes; /* terms, text, UTF-8, one behind the other */
    uint32_t cap;
    uint32_t terms_nbytes, text_nbytes, utf8_nbytes;
    uint16_t vr; /* 0: empty */
} dcm_textmemo_slot;

typedef struct dcm_textmemo {
    dcm_textmemo_slot slots[DCM_TEXTMEMO_NSLOTS];
} dcm_textmemo;

void dcm_textmemo_free(dcm_textmemo *memo);

/* What the text became last time; valid until the next keep. False if it is not known. */
bool dcm_textmemo_find(const dcm_textmemo *memo, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                       dcm_borrowed *utf8_out);

/* Remember it, in the place of another one. Long text is not kept. */
void dcm_textmemo_keep(dcm_textmemo *memo, dcm_borrowed text, uint16_t vr, dcm_borrowed terms,
                       dcm_borrowed utf8);

#endif
