/* JPEG-LS: coding parameters, tables, the first state of contexts. ITU-T T.87 §A.2, §C.2.4.1.1. */
#include "jpegls_internal.h"

static int32_t within(int32_t v, int32_t low, int32_t high) {
    return v > high || v < low ? low : v;
}

static int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t bits_for(int32_t n) { /* the least that count so many values */
    return n > 1 ? 32 - __builtin_clz((uint32_t)n - 1) : 0;
}

bool dcm_jpls_complete(dcm_jpls_parameters *p, uint32_t precision) {
    const int32_t most = (1 << precision) - 1;
    if (p->maxval == 0) p->maxval = most;
    if (p->maxval > most || p->near > smaller(255, p->maxval / 2)) return false;
    int32_t t1, t2, t3;
    if (p->maxval >= 128) {
        const int32_t factor = (smaller(p->maxval, 4095) + 128) / 256;
        t1 = factor + 2 + 3 * p->near;
        t2 = 4 * factor + 3 + 5 * p->near;
        t3 = 17 * factor + 4 + 7 * p->near;
    } else {
        const int32_t factor = 256 / (p->maxval + 1);
        t1 = larger(2, 3 / factor + 3 * p->near);
        t2 = larger(3, 7 / factor + 5 * p->near);
        t3 = larger(4, 21 / factor + 7 * p->near);
    }
    if (p->t1 == 0) p->t1 = within(t1, p->near + 1, p->maxval);
    if (p->t2 == 0) p->t2 = within(t2, p->t1, p->maxval);
    if (p->t3 == 0) p->t3 = within(t3, p->t2, p->maxval);
    if (p->reset == 0) p->reset = 64;
    return p->t1 > p->near && p->t1 <= p->t2 && p->t2 <= p->t3 && p->t3 <= p->maxval && p->reset >= 3 &&
           p->reset <= larger(255, p->maxval);
}

/* Fill the entries of differences from `from` on up to before `to`, which stand in order of their
   negatives. */
static void fill(int16_t *zero, int32_t from, int32_t to, int32_t q) {
    for (int32_t d = from; d < to; d++)
        zero[-d] = (int16_t)(q * DCM_JPLS_CONTEXT_NBYTES);
}

/* Tables of third gradients, which are c - a: §A.3.3. */
static void fill_tables(dcm_jpls *d, const dcm_jpls_parameters *p) {
    const int32_t n = 2 * d->reach + 1;
    const int32_t from[5] = {0, p->near + 1, p->t1, p->t2, p->t3}, end = d->reach + 1;
    for (int32_t q = 0; q <= 4; q++) {
        const int32_t to = q < 4 ? smaller(from[q + 1], end) : end;
        for (int32_t table = 0; table < 3; table++) { /* as it is, negated, its magnitude */
            int16_t *const zero = d->thirds + table * n + d->reach;
            fill(zero, from[q], to, table == 1 ? -q : q);
            fill(zero, 1 - to, 1 - from[q], table == 0 ? -q : q);
        }
    }
}

/* Of each n up to RESET, where contexts are halved. */
static void fill_steps(dcm_jpls *d, int32_t reset) {
    for (int32_t n = 1; n <= smaller(reset, DCM_JPLS_NSTEPS - 1); n++) {
        const int32_t halved = n == reset, next = (n >> halved) + 1;
        const float as_float = (float)next;
        int32_t bits;
        memcpy(&bits, &as_float, sizeof bits);
        d->steps[n] = (dcm_jpls_step){.shift = {halved, halved, bits - ((1 << 23) - 1), 0},
                                      .change = {0, -next, 0, 1},
                                      .least = {INT32_MIN, 1 - next, next, -128},
                                      .greatest = {INT32_MAX, 0, next, 127}};
    }
}

void dcm_jpls_use(dcm_jpls *d, const dcm_jpls_parameters *p) {
    if (d->has_tables && memcmp(p, &d->parameters, sizeof *p) == 0) return;
    d->has_tables = true;
    d->parameters = *p;
    d->step = 2 * p->near + 1;
    d->range = (p->maxval + 2 * p->near) / d->step + 1;
    d->qbpp = bits_for(d->range);
    const int32_t bpp = larger(2, bits_for(p->maxval + 1));
    d->limit = 2 * (bpp + larger(8, bpp));
    d->first_a = larger(2, (d->range + 32) / 64);
    d->reach = p->maxval;
    fill_tables(d, p);
    fill_steps(d, p->reset);
    d->is_small = (int64_t)d->range * p->reset <= 1 << 22 && p->reset < DCM_JPLS_NSTEPS;
    for (uint32_t k = 0; k <= DCM_JPLS_MAX_K; k++) {
        const int32_t room = (int32_t)(DCM_JPLS_WINDOW_NBITS - k), sound = (2 * d->range >> k) + 1;
        d->max_nzeros[k] = (uint8_t)smaller(d->limit - d->qbpp - 1, smaller(room, sound));
    }
}

void dcm_jpls_reset(dcm_jpls *d) {
    dcm_jpls_context first = {.a = d->first_a, .n = 1};
    while (1 << first.k < first.a)
        first.k++;
    for (uint32_t i = 0; i < DCM_JPLS_NCONTEXTS; i++)
        d->contexts[i] = first;
    memset(d->run_index, 0, sizeof d->run_index);
}
