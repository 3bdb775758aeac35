/* JPEG 2000: states of the MQ decoder, and reading stuffed bytes. ITU-T T.800 Annex C. */
#include "j2k_mq.h"

/* The rows of Table C.2: index, NMPS, NLPS, SWITCH. */
#define ROWS(ROW)                                                                                            \
    ROW(0, 1, 1, 1)                                                                                          \
    ROW(1, 2, 6, 0)                                                                                          \
    ROW(2, 3, 9, 0)                                                                                          \
    ROW(3, 4, 12, 0)                                                                                         \
    ROW(4, 5, 29, 0)                                                                                         \
    ROW(5, 38, 33, 0)                                                                                        \
    ROW(6, 7, 6, 1)                                                                                          \
    ROW(7, 8, 14, 0)                                                                                         \
    ROW(8, 9, 14, 0)                                                                                         \
    ROW(9, 10, 14, 0)                                                                                        \
    ROW(10, 11, 17, 0)                                                                                       \
    ROW(11, 12, 18, 0)                                                                                       \
    ROW(12, 13, 20, 0)                                                                                       \
    ROW(13, 29, 21, 0)                                                                                       \
    ROW(14, 15, 14, 1)                                                                                       \
    ROW(15, 16, 14, 0)                                                                                       \
    ROW(16, 17, 15, 0)                                                                                       \
    ROW(17, 18, 16, 0)                                                                                       \
    ROW(18, 19, 17, 0)                                                                                       \
    ROW(19, 20, 18, 0)                                                                                       \
    ROW(20, 21, 19, 0)                                                                                       \
    ROW(21, 22, 19, 0)                                                                                       \
    ROW(22, 23, 20, 0)                                                                                       \
    ROW(23, 24, 21, 0)                                                                                       \
    ROW(24, 25, 22, 0)                                                                                       \
    ROW(25, 26, 23, 0)                                                                                       \
    ROW(26, 27, 24, 0)                                                                                       \
    ROW(27, 28, 25, 0)                                                                                       \
    ROW(28, 29, 26, 0)                                                                                       \
    ROW(29, 30, 27, 0)                                                                                       \
    ROW(30, 31, 28, 0)                                                                                       \
    ROW(31, 32, 29, 0)                                                                                       \
    ROW(32, 33, 30, 0)                                                                                       \
    ROW(33, 34, 31, 0)                                                                                       \
    ROW(34, 35, 32, 0)                                                                                       \
    ROW(35, 36, 33, 0)                                                                                       \
    ROW(36, 37, 34, 0)                                                                                       \
    ROW(37, 38, 35, 0)                                                                                       \
    ROW(38, 39, 36, 0)                                                                                       \
    ROW(39, 40, 37, 0)                                                                                       \
    ROW(40, 41, 38, 0)                                                                                       \
    ROW(41, 42, 39, 0)                                                                                       \
    ROW(42, 43, 40, 0)                                                                                       \
    ROW(43, 44, 41, 0)                                                                                       \
    ROW(44, 45, 42, 0)                                                                                       \
    ROW(45, 45, 43, 0)                                                                                       \
    ROW(46, 46, 46, 0)

enum {
    QE_0 = 0x5601,
    QE_1 = 0x3401,
    QE_2 = 0x1801,
    QE_3 = 0x0AC1,
    QE_4 = 0x0521,
    QE_5 = 0x0221,
    QE_6 = 0x5601,
    QE_7 = 0x5401,
    QE_8 = 0x4801,
    QE_9 = 0x3801,
    QE_10 = 0x3001,
    QE_11 = 0x2401,
    QE_12 = 0x1C01,
    QE_13 = 0x1601,
    QE_14 = 0x5601,
    QE_15 = 0x5401,
    QE_16 = 0x5101,
    QE_17 = 0x4801,
    QE_18 = 0x3801,
    QE_19 = 0x3401,
    QE_20 = 0x3001,
    QE_21 = 0x2801,
    QE_22 = 0x2401,
    QE_23 = 0x2201,
    QE_24 = 0x1C01,
    QE_25 = 0x1801,
    QE_26 = 0x1601,
    QE_27 = 0x1401,
    QE_28 = 0x1201,
    QE_29 = 0x1101,
    QE_30 = 0x0AC1,
    QE_31 = 0x09C1,
    QE_32 = 0x08A1,
    QE_33 = 0x0521,
    QE_34 = 0x0441,
    QE_35 = 0x02A1,
    QE_36 = 0x0221,
    QE_37 = 0x0141,
    QE_38 = 0x0111,
    QE_39 = 0x0085,
    QE_40 = 0x0049,
    QE_41 = 0x0025,
    QE_42 = 0x0015,
    QE_43 = 0x0009,
    QE_44 = 0x0005,
    QE_45 = 0x0001,
    QE_46 = 0x5601,
};

/* The state of an index of the table and a more probable symbol. */
#define STATE(index, mps)                                                                                    \
    ((uint64_t)(mps) << 63 | (uint64_t)(8 * (4 * (index) + 2 * (mps) + 1)) << 16 | QE_##index)
#define FOLLOWING(index, nmps, nlps, swapped)                                                                \
    STATE(nlps, swapped), STATE(nmps, 0), STATE(nlps, 1 - (swapped)), STATE(nmps, 1),

const dcm_j2k_state dcm_j2k_following[2 * 94] = {ROWS(FOLLOWING)};

void dcm_j2k_reset_contexts(dcm_j2k_state *contexts) {
    for (uint32_t i = 0; i < DCM_J2K_NCONTEXTS; i++)
        contexts[i] = STATE(0, 0);
    contexts[0] = STATE(4, 0);
    contexts[17] = STATE(3, 0);
    contexts[18] = STATE(46, 0);
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
