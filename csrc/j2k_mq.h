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
     bits 0-15    Qe
     bits 16-31   where the states that can follow stand: bytes from the start of dcm_j2k_following
     bit 63       the more probable symbol */
typedef uint64_t dcm_j2k_state;

/* Two for each state: what follows the less probable symbol, and what follows the more probable one if the
   interval is renormalised. The offset is that of the second. */
extern const dcm_j2k_state dcm_j2k_following[2 * 94];

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

/* Take the part of the interval that the code register is in: the lower one, of size qe, or else the upper
   one, that begins at qe. The larger of them is the more probable symbol's. All ones for the less probable
   one, else 0. */
DCM_INLINE uint64_t dcm_j2k_mq_choose(dcm_j2k_mq *m, uint64_t qe) {
#if DCM_X86
    uint64_t a = m->a, c = m->c, lps, lower;
    __asm__("sub %[qe], %[a]\n\t"
            "cmp %[qe], %[a]\n\t"
            "sbb %[lps], %[lps]\n\t"
            "sub %[qe], %[c]\n\t"
            "cmovb %[qe], %[a]\n\t"
            "cmovb %[old], %[c]\n\t"
            "sbb %[lower], %[lower]\n\t"
            "xor %[lower], %[lps]"
            : [c] "+&r"(c), [a] "+&r"(a), [lps] "=&r"(lps), [lower] "=&r"(lower)
            : [qe] "r"(qe), [old] "r"(m->c)
            : "cc");
    m->a = a;
    m->c = c;
    return lps;
#else
    const uint64_t upper = m->a - qe;
    const bool lower = m->c < qe;
    m->a = lower ? qe : upper;
    m->c -= lower ? 0 : qe;
    return -(uint64_t)(lower ^ (upper < qe));
#endif
}

/* What follows a state. */
DCM_INLINE dcm_j2k_state dcm_j2k_mq_next(dcm_j2k_state state, uint64_t lps) {
    const uint8_t *const more = (const uint8_t *)dcm_j2k_following + (uint16_t)(state >> 16);
    return ((const dcm_j2k_state *)(const void *)more)[(int64_t)lps];
}

/* DECODE. The decision is the highest bit of the result. */
DCM_INLINE uint64_t dcm_j2k_mq_decide(dcm_j2k_mq *m, dcm_j2k_state *context) {
    const uint64_t state = *context;
    const uint64_t lps = dcm_j2k_mq_choose(m, state << 48);
    const uint32_t n = (uint32_t)__builtin_clzll(m->a);
    const dcm_j2k_state next = dcm_j2k_mq_next(state, lps);
    *context = n ? next : state;
    m->a <<= n;
    m->c <<= n;
    if (DCM_UNLIKELY((uint32_t)m->c == 0)) dcm_j2k_mq_refill(m);
    return state ^ lps;
}

/* The same for a context whose more probable symbol is nearly certain: foretelling it costs less than waiting
 * for its state. */
DCM_INLINE uint64_t dcm_j2k_mq_decide_likely(dcm_j2k_mq *m, dcm_j2k_state *context) {
    const dcm_j2k_state state = *context;
    const uint64_t qe = state << 48, a = m->a - qe;
    if (DCM_LIKELY(m->c >= qe && a >> 63)) {
        m->a = a;
        m->c -= qe;
        return state;
    }
    return dcm_j2k_mq_decide(m, context);
}

/* Whether the next n decisions of a context all are 0 and leave its state as it is; they are taken then. */
DCM_INLINE bool dcm_j2k_mq_skip(dcm_j2k_mq *m, dcm_j2k_state state, uint32_t n) {
    const uint64_t qe = (state & 0xFFFF) * n;
    if (state >> 63 || m->a >> 48 < 0x8000 + qe || m->c >> 48 < qe) return false;
    m->a -= qe << 48;
    m->c -= qe << 48;
    return true;
}

#endif
