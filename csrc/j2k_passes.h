/* JPEG 2000: the three coding passes, for one kind of processor. ITU-T T.800 §D.3.

   Included twice by j2k_passes.c, which says what FN (attributes of functions), NAME (of functions), GATHER_9
   and GATHER_4 (indexes of neighbours) are. */

/* A word with the rows above and below, which are the next stripes'. */
FN uint64_t NAME(around)(const uint64_t *at, uint32_t stride, uint64_t below) {
    return at[0] | (*(at - stride) >> 4 & DCM_J2K_ROW_ABOVE) | (at[stride] << 4 & below);
}

/* Put a word back, and its outer columns into the words beside it. */
FN void NAME(put)(uint64_t *at, uint64_t x) {
    at[0] = x & DCM_J2K_OWN_ROWS;
    at[-1] |= (x & DCM_J2K_COLUMN_0) << 48;
    at[1] |= (x & DCM_J2K_COLUMN_7) >> 48;
}

/* Samples that are significant or have significant neighbours. Rows above and below get wrong bits, which no
   mask of samples has. */
FN uint64_t NAME(grown)(uint64_t x) {
    const uint64_t column = x | x << 1 | x >> 1;
    return (column | column << 6 | column >> 6) >> 7;
}

FN uint32_t NAME(raw_bit)(dcm_j2k_coder *c) {
    if (c->raw.nbits == 0) {
        const bool is_ff = c->raw.byte == 0xFF;
        c->raw.nbits = 8;
        if (is_ff && *c->raw.in > 0x8F) {
            c->raw.byte = 0xFF; /* the end: ones for ever */
        } else {
            c->raw.byte = *c->raw.in++;
            if (is_ff) c->raw.nbits = 7;
        }
    }
    return c->raw.byte >> --c->raw.nbits & 1u;
}

/* §D.3.2 */
FN uint64_t NAME(sign)(dcm_j2k_coder *c, dcm_j2k_mq *mq, uint64_t x, uint64_t negative, uint32_t b,
                       bool raw) {
    if (raw) return NAME(raw_bit)(c);
    const uint64_t code = c->sign_coding[GATHER_4(x >> b) | GATHER_4(negative >> b) << 4];
    return (dcm_j2k_mq_decide(mq, &c->contexts[code & 31]) >> 63) ^ code >> 7;
}

FN void NAME(significance)(dcm_j2k_coder *c, uint64_t *plane, bool raw) {
    dcm_j2k_mq mq = c->mq;
    const uint8_t *const zero_coding = c->zero_coding[c->orientation];
    const uint64_t below = c->causal ? 0 : DCM_J2K_ROW_BELOW;
    uint32_t i = 0;
    for (uint32_t stripe = 0; stripe < c->nstripes; stripe++) {
        const uint64_t first = dcm_j2k_word_index(c, stripe);
        for (uint64_t at = first; at < first + c->nwords; at++, i++) {
            uint64_t x = NAME(around)(c->significant + at, c->stride, below);
            uint64_t left = NAME(grown)(x) & ~(x >> 7) & c->samples[i], coded = left, fresh = 0;
            uint64_t negative = left ? NAME(around)(c->negative + at, c->stride, below) : 0;
            while (left) {
                const uint32_t b = (uint32_t)__builtin_ctzll(left);
                left &= left - 1;
                const int64_t decision =
                    raw ? -(int64_t)NAME(raw_bit)(c)
                        : (int64_t)dcm_j2k_mq_decide(&mq, &c->contexts[zero_coding[GATHER_9(x >> b)]]);
                if (decision >= 0) continue;
                negative |= NAME(sign)(c, &mq, x, negative, b, raw) << (b + 7);
                fresh |= UINT64_C(1) << b;
                x |= UINT64_C(0x80) << b;
                /* below, and the next column: they come now */
                const uint64_t more = UINT64_C(0xE2) << b & ~(x >> 7) & ~coded & c->samples[i];
                left |= more;
                coded |= more;
            }
            if (fresh) {
                NAME(put)(c->significant + at, x);
                NAME(put)(c->negative + at, negative);
            }
            c->visited[i] = coded;
            plane[i] = fresh;
        }
    }
    c->mq = mq;
}

FN void NAME(refinement)(dcm_j2k_coder *c, uint64_t *plane, bool raw) {
    dcm_j2k_mq mq = c->mq;
    const uint64_t below = c->causal ? 0 : DCM_J2K_ROW_BELOW;
    uint32_t i = 0;
    for (uint32_t stripe = 0; stripe < c->nstripes; stripe++) {
        const uint64_t first = dcm_j2k_word_index(c, stripe);
        for (uint64_t at = first; at < first + c->nwords; at++, i++) {
            const uint64_t own = c->significant[at];
            uint64_t left = own >> 7 & c->samples[i] & ~c->visited[i], bits = 0;
            if (!left) continue;
            const uint64_t x = NAME(around)(c->significant + at, c->stride, below);
            const uint64_t beside = x << 1 | x >> 1, column = beside | x;
            const uint64_t again = c->refined[i];
            const uint64_t near = (beside | column << 6 | column >> 6) >> 7 & ~again;
            c->refined[i] |= left;
            do { /* contexts 14 to 16: Table D.4 */
                const uint32_t b = (uint32_t)__builtin_ctzll(left);
                const uint64_t context = 14 + (near >> b & 1) + (again >> b & 1) * 2;
                left &= left - 1;
                const uint64_t bit =
                    raw ? NAME(raw_bit)(c) : dcm_j2k_mq_decide(&mq, &c->contexts[context]) >> 63;
                bits |= bit << b;
            } while (left);
            plane[i] |= bits;
        }
    }
    c->mq = mq;
}

/* Columns of four samples whose contexts are all 0: a mask of their first samples. */
FN uint64_t NAME(empty_columns)(uint64_t x, uint64_t samples) {
    const uint64_t grown = NAME(grown)(x) & DCM_J2K_SAMPLES, pairs = grown | grown >> 1;
    return ~(pairs | pairs >> 2) & samples >> 3 & DCM_J2K_TOP_ROW;
}

FN void NAME(cleanup)(dcm_j2k_coder *c, uint64_t *plane) {
    dcm_j2k_mq mq = c->mq;
    const uint8_t *const zero_coding = c->zero_coding[c->orientation];
    const uint64_t below = c->causal ? 0 : DCM_J2K_ROW_BELOW;
    uint32_t i = 0;
    for (uint32_t stripe = 0; stripe < c->nstripes; stripe++) {
        const uint64_t first = dcm_j2k_word_index(c, stripe);
        for (uint64_t at = first; at < first + c->nwords; at++, i++) {
            uint64_t x = NAME(around)(c->significant + at, c->stride, below);
            uint64_t left = c->samples[i] & ~(x >> 7) & ~c->visited[i], fresh = 0;
            c->visited[i] = 0;
            if (!left) continue;
            uint64_t empty = NAME(empty_columns)(x, c->samples[i]);
            if (empty == DCM_J2K_TOP_ROW && dcm_j2k_mq_skip(&mq, c->contexts[17], 8)) continue;
            uint64_t negative = NAME(around)(c->negative + at, c->stride, below);
            do {
                uint32_t b = (uint32_t)__builtin_ctzll(left);
                if (empty >> b & 1) {
                    left &= ~(UINT64_C(0xF) << b);
                    if (!(dcm_j2k_mq_decide_likely(&mq, &c->contexts[17]) >> 63)) continue;
                    const uint64_t high = dcm_j2k_mq_decide(&mq, &c->contexts[18]) >> 63;
                    const uint32_t row =
                        (uint32_t)(2 * high + (dcm_j2k_mq_decide(&mq, &c->contexts[18]) >> 63));
                    left |= UINT64_C(0xE) << row << b & UINT64_C(0xF) << b;
                    b += row;
                } else {
                    left &= left - 1;
                    if (!(dcm_j2k_mq_decide(&mq, &c->contexts[zero_coding[GATHER_9(x >> b)]]) >> 63))
                        continue;
                }
                negative |= NAME(sign)(c, &mq, x, negative, b, false) << (b + 7);
                fresh |= UINT64_C(1) << b;
                x |= UINT64_C(0x80) << b;
                empty = NAME(empty_columns)(x, c->samples[i]);
            } while (left);
            if (fresh) {
                NAME(put)(c->significant + at, x);
                NAME(put)(c->negative + at, negative);
                plane[i] |= fresh;
            }
        }
    }
    c->mq = mq;
}

RUN_ATTRIBUTES void NAME(dcm_j2k_run_pass)(dcm_j2k_coder *c, dcm_j2k_pass pass, uint64_t *plane) {
    if (pass == DCM_J2K_CLEANUP)
        NAME(cleanup)(c, plane);
    else if (pass == DCM_J2K_SIGNIFICANCE && !c->is_raw)
        NAME(significance)(c, plane, false);
    else if (pass == DCM_J2K_SIGNIFICANCE)
        NAME(significance)(c, plane, true);
    else if (!c->is_raw)
        NAME(refinement)(c, plane, false);
    else
        NAME(refinement)(c, plane, true);
}
