/* JPEG 2000: the MQ arithmetic decoder. ITU-T T.800 Annex C.

   Decisions follow each other in a chain, and which way one goes nobody can foretell, so nothing here
   branches on it. A decision is a subtraction, a comparison and two conditional moves; renormalising is one
   count of leading zeros and two shifts.

   The code register has 64 bits: the 16 that are compared (Chigh) stand highest, then come those that were
   read ahead, then a single 1 that marks their end, so that no counter is needed: when the lower half of the
   register is 0, fewer than 16 bits are left, and 32 more are read. What is stuffed behind FF is dealt with
   there. */
#ifndef DCM_J2K_MQ_H
#define DCM_J2K_MQ_H

#include "simd.h"

#define DCM_J2K_NCONTEXTS 19u
#define DCM_J2K_PAD_NBYTES 8u /* of FF behind a codeword segment: nothing can be read behind them */

/* The state of a context, Table C.2:
     bit 0        the more probable symbol
     bits 8-15    index of the state after it, if the interval is renormalised
     bits 16-23   index of the state after the less probable one
     bits 48-63   Qe */
typedef uint64_t dcm_j2k_state;

extern const dcm_j2k_state dcm_j2k_states[94];

#define DCM_J2K_QE_MASK (UINT64_C(0xFFFF) << 48)

typedef struct dcm_j2k_mq {
    uint64_t a;        /* the interval, in the upper 16 bits */
    uint64_t c;        /* the code register */
    const uint8_t *in; /* the next byte; the one before it is not FF, or it is the end */
} dcm_j2k_mq;

/* The contexts as they begin: Table D.7. */
void dcm_j2k_reset_contexts(dcm_j2k_state *contexts);

/* The same code register with more bits read ahead. */
dcm_j2k_mq dcm_j2k_mq_refill_stuffed(dcm_j2k_mq m);

DCM_INLINE void dcm_j2k_mq_refill(dcm_j2k_mq *m) {
    const uint32_t bits = dcm_load_u32be(m->in);
    if (DCM_LIKELY(((~bits - 0x01010101u) & bits & 0x80808080u) == 0)) { /* no byte is FF */
        const uint32_t end = (uint32_t)__builtin_ctzll(m->c);
        m->c = (m->c & (m->c - 1)) | ((uint64_t)bits << 1 | 1) << (end - 32);
        m->in += 4;
    } else {
        *m = dcm_j2k_mq_refill_stuffed(*m);
    }
}

/* Start at the first byte of a codeword segment, behind which stand DCM_J2K_PAD_NBYTES of FF. INITDEC */
DCM_INLINE void dcm_j2k_mq_start(dcm_j2k_mq *m, const uint8_t *in) {
    m->a = UINT64_C(0x8000) << 48;
    m->c = UINT64_C(1) << 62;
    m->in = in;
    while ((uint32_t)m->c == 0)
        dcm_j2k_mq_refill(m);
}

/* DECODE */
DCM_INLINE uint32_t dcm_j2k_mq_decide(dcm_j2k_mq *m, dcm_j2k_state *context) {
    const uint64_t state = *context, qe = state & DCM_J2K_QE_MASK;
    uint64_t a = m->a - qe, c;
    const bool exchanged = a < qe;
    const bool lower = __builtin_sub_overflow(m->c, qe, &c);
    a = lower ? qe : a;
    c = lower ? m->c : c;
    const uint32_t lps = (uint32_t)lower ^ (uint32_t)exchanged;
    const uint32_t n = (uint32_t)__builtin_clzll(a);
    const uint64_t next = dcm_j2k_states[state >> (8 + 8 * lps) & 0xFF];
    *context = n ? next : state;
    m->a = a << n;
    m->c = c << n;
    if (DCM_UNLIKELY((uint32_t)m->c == 0)) dcm_j2k_mq_refill(m);
    return ((uint32_t)state & 1u) ^ lps;
}

#endif
