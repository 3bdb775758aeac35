/* JPEG 2000: states of the MQ decoder, and reading stuffed bytes. ITU-T T.800 Annex C. */
#include "j2k_mq.h"

#define STATE(qe, nmps, nlps, mps, lps)                                                                      \
    (UINT64_C(qe) << 48 | (uint64_t)(2 * (nmps) + (mps)) << 8 | (uint64_t)(2 * (nlps) + (lps)) << 16 | (mps))
/* A row of Table C.2, for either symbol as the more probable one. */
#define ROW(qe, nmps, nlps, swapped)                                                                         \
    STATE(qe, nmps, nlps, 0, swapped), STATE(qe, nmps, nlps, 1, 1 - (swapped))

const dcm_j2k_state dcm_j2k_states[94] = {
    ROW(0x5601, 1, 1, 1),   ROW(0x3401, 2, 6, 0),   ROW(0x1801, 3, 9, 0),   ROW(0x0AC1, 4, 12, 0),
    ROW(0x0521, 5, 29, 0),  ROW(0x0221, 38, 33, 0), ROW(0x5601, 7, 6, 1),   ROW(0x5401, 8, 14, 0),
    ROW(0x4801, 9, 14, 0),  ROW(0x3801, 10, 14, 0), ROW(0x3001, 11, 17, 0), ROW(0x2401, 12, 18, 0),
    ROW(0x1C01, 13, 20, 0), ROW(0x1601, 29, 21, 0), ROW(0x5601, 15, 14, 1), ROW(0x5401, 16, 14, 0),
    ROW(0x5101, 17, 15, 0), ROW(0x4801, 18, 16, 0), ROW(0x3801, 19, 17, 0), ROW(0x3401, 20, 18, 0),
    ROW(0x3001, 21, 19, 0), ROW(0x2801, 22, 19, 0), ROW(0x2401, 23, 20, 0), ROW(0x2201, 24, 21, 0),
    ROW(0x1C01, 25, 22, 0), ROW(0x1801, 26, 23, 0), ROW(0x1601, 27, 24, 0), ROW(0x1401, 28, 25, 0),
    ROW(0x1201, 29, 26, 0), ROW(0x1101, 30, 27, 0), ROW(0x0AC1, 31, 28, 0), ROW(0x09C1, 32, 29, 0),
    ROW(0x08A1, 33, 30, 0), ROW(0x0521, 34, 31, 0), ROW(0x0441, 35, 32, 0), ROW(0x02A1, 36, 33, 0),
    ROW(0x0221, 37, 34, 0), ROW(0x0141, 38, 35, 0), ROW(0x0111, 39, 36, 0), ROW(0x0085, 40, 37, 0),
    ROW(0x0049, 41, 38, 0), ROW(0x0025, 42, 39, 0), ROW(0x0015, 43, 40, 0), ROW(0x0009, 44, 41, 0),
    ROW(0x0005, 45, 42, 0), ROW(0x0001, 45, 43, 0), ROW(0x5601, 46, 46, 0),
};

void dcm_j2k_reset_contexts(dcm_j2k_state *contexts) {
    for (uint32_t i = 0; i < DCM_J2K_NCONTEXTS; i++)
        contexts[i] = dcm_j2k_states[0];
    contexts[0] = dcm_j2k_states[2 * 4];
    contexts[17] = dcm_j2k_states[2 * 3];
    contexts[18] = dcm_j2k_states[2 * 46];
}

/* The byte behind FF has 7 bits; what stands in its eighth is a carry. FF before more than 8F is the end,
   from where ones are read for ever. At least 23 bits are read, and never an FF without the byte behind it.
   BYTEIN */
dcm_j2k_mq dcm_j2k_mq_refill_stuffed(dcm_j2k_mq m) {
    const uint32_t end = (uint32_t)__builtin_ctzll(m.c);
    uint64_t bits = 0;
    uint32_t nbits = 0;
    for (;;) {
        const bool is_ff = m.in[0] == 0xFF, is_end = is_ff && m.in[1] > 0x8F;
        const uint32_t n = is_ff && !is_end ? 15 : 8;
        if (nbits + n > 32) break;
        bits = (bits << 8) + m.in[0];
        if (n == 15) bits = (bits << 7) + m.in[1];
        if (!is_end) m.in += n == 15 ? 2 : 1;
        nbits += n;
    }
    m.c ^= UINT64_C(1) << end;
    m.c += bits << (end + 1 - nbits);
    m.c |= UINT64_C(1) << (end - nbits);
    return m;
}
