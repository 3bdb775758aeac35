/* Data elements, sequences and items into a plan. PS3.5 §7.1, §7.5, §A.1 to §A.3. */
#ifndef DCM_EMIT_H
#define DCM_EMIT_H

#include "header.h"
#include "plan.h"

#define DCM_EMIT_MAX_DEPTH (2 * DCM_SCAN_MAX_DEPTH + 2) /* sequences and items */

typedef enum dcm_lengths {
    DCM_LENGTHS_KEEP,      /* of what was read; new ones are defined */
    DCM_LENGTHS_DEFINED,   /* of sequences and items; beyond 32 bits they become undefined */
    DCM_LENGTHS_UNDEFINED, /* ended by delimiters */
} dcm_lengths;

typedef struct dcm_container {
    uint64_t length_at; /* of the length field in plan.own */
    uint64_t start;     /* plan.nbytes where the content begins */
    uint32_t end_tag;   /* of the delimiter */
    bool undefined;
} dcm_container;

typedef struct dcm_emitter {
    dcm_plan plan;
    dcm_encoding encoding;
    dcm_lengths lengths;
    uint32_t depth; /* open containers */
    dcm_container stack[DCM_EMIT_MAX_DEPTH];
} dcm_emitter;

void dcm_emit_init(dcm_emitter *emitter, dcm_encoding encoding, dcm_lengths lengths);
void dcm_emit_free(dcm_emitter *emitter);

/* The header of a value of this many bytes. A VR with a 16-bit length field becomes UN if they are too many
   for it (§6.2.2), and *vr says so. RANGE if 32 bits are too few. */
dcm_status dcm_emit_header(dcm_emitter *emitter, uint32_t tag, uint16_t *vr, uint64_t nbytes);

/* A whole element. An odd value gets the padding of its VR. */
dcm_status dcm_emit_element(dcm_emitter *emitter, uint32_t tag, uint16_t vr, const uint8_t *value,
                            uint64_t nbytes);

/* Open a sequence (tag, SQ) or an item, to be ended by dcm_emit_end. was_undefined: how it was read, which
   counts where lengths are kept. TOO_DEEP beyond DCM_EMIT_MAX_DEPTH. */
dcm_status dcm_emit_begin(dcm_emitter *emitter, uint32_t tag, bool was_undefined);
dcm_status dcm_emit_begin_item(dcm_emitter *emitter, bool was_undefined);
dcm_status dcm_emit_end(dcm_emitter *emitter);

/* The byte that makes a value of this VR even: a blank for text, else 0. PS3.5 §6.2 */
uint8_t dcm_padding_of(uint16_t vr);

#endif
