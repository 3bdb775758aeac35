/* JPEG-LS: lines of samples, for one kind of processor. ITU-T T.87 Annex A.

   Included twice by jpegls_line.c, which says what FN (attributes of functions), NAME (of functions) and
   UPDATE (how contexts are updated) are; LEADING_ZEROS may give 63 or 64 of 0. */

/* What a sample's third gradient adds to the place of its context. */
FN int64_t NAME(third)(const dcm_jpls *d, uint32_t at_0, uint64_t a) {
    const int16_t *thirds = d->thirds + at_0;
    HIDE(thirds); /* known before a: so a is all that the load waits for */
    return thirds[a];
}

/* A sample in a regular context, which stands `third` bytes behind the one that its place tells. False where
   that cannot be. The place of the context is told twice, so that loads from it need not wait for a sum. */
FN bool NAME(regular)(dcm_jpls *d, uint64_t *at, int32_t place, int64_t third, int32_t a, int32_t b,
                      int32_t c, bool lossless, int32_t *out) {
    uint8_t *const first = (uint8_t *)d->contexts + (uint16_t)place;
    const uint32_t k = (uint32_t)load_i32(first + third + offsetof(dcm_jpls_context, k));
    const int32_t bias = load_i32(first + third + offsetof(dcm_jpls_context, c_again));
    int64_t again = third;
    HIDE(again);
    dcm_jpls_context *const q = (dcm_jpls_context *)(void *)(first + again);
    /* the third gradient counts where the other two are 0, and is not 0 itself; it is less
       than one of them */
    const int32_t gradient = c - a, step = lossless ? 1 : d->step;
    const int32_t sign = (place + (lossless || third ? gradient : 0)) >> 31;
    /* the median of a, b and a + b - c */
    const int32_t median = within(b - gradient, smaller(a, b), larger(a, b));
    int32_t predicted = median - sign + (bias ^ sign);
    if (DCM_UNLIKELY((uint32_t)predicted > (uint32_t)d->parameters.maxval))
        predicted = predicted < 0 ? 0 : d->parameters.maxval;
    const uint64_t w = window(d->bits.p, *at);
    const uint32_t nzeros = LEADING_ZEROS(w);
    uint32_t code;
    if (DCM_UNLIKELY(nzeros >= d->max_nzeros[k])) {
        uint64_t copy = *at; /* so that it stays in a register */
        const int64_t v = decode_long(d, &copy, k, d->limit);
        if (v < 0) return false;
        *at = copy;
        code = (uint32_t)v;
    } else {
        *at += (uint64_t)nzeros + 1 + k;
        /* as in decode_code */
        code = ((nzeros - 1) << (k & 31)) + (uint32_t)(w << nzeros >> (~k & 63));
    }
    const int32_t odd = -(int32_t)(code & 1);
    /* with k = 0 and 2 B <= -N codes are turned: §A.5.3 */
    const int32_t turn = step == 1 ? ((2 * q->b + q->n - 1) & ((int32_t)k - 1)) >> 31 : 0;
    const int32_t half = (int32_t)(code >> 1) ^ turn;
    UPDATE(d, q, half ^ odd, step);
    int32_t change = half ^ sign; /* it waits for less than `odd` does */
    HIDE(change);
    change ^= odd;
    *out = lossless ? (predicted - sign + change) & d->parameters.maxval
                    : reconstruct(d, predicted, change - sign, false);
    return true;
}

/* The sample that ends a run; `alike`: it stands between a and b that are alike. §A.7.2 */
FN int32_t NAME(interruption)(dcm_jpls *d, uint64_t *at, uint32_t run_index, int32_t a, int32_t b,
                              int32_t alike, bool lossless) {
    const int32_t sign = !alike && a > b ? -1 : 0;
    dcm_jpls_context *const q = &d->contexts[DCM_JPLS_RUN_CONTEXT + (uint32_t)alike];
    const uint32_t k = golomb_parameter(q->n, q->a + (alike ? q->n >> 1 : 0));
    const int32_t limit = d->limit - run_nbits[run_index] - 1;
    const int32_t most = limit - d->qbpp - 1;
    uint32_t code;
    if (most < 0 || !decode_code(d, at, k, limit, (uint32_t)smaller(d->max_nzeros[k], most), &code))
        return -1;
    const int32_t doubled = (int32_t)code + alike, odd = doubled & 1, magnitude = (doubled + odd) >> 1;
    const bool negative = (k != 0 || 2 * q->nn >= q->n) == odd;
    const int32_t error = negative ? -magnitude : magnitude;
    if (error < 0) q->nn++;
    q->a += ((int32_t)code + 1 - alike) >> 1;
    if (q->n == d->parameters.reset) q->a >>= 1, q->n >>= 1, q->nn >>= 1;
    q->n++;
    return reconstruct(d, alike ? a : b, (error ^ sign) - sign, lossless);
}

/* Where a line is: the bits, the next sample, the one before it, the run index. */
typedef struct NAME(place) {
    uint64_t at, x;
    int32_t a;
    uint32_t run_index;
} NAME(place);

/* A run, and the sample that ends it. Out of line, so that the loop around it has the registers. §A.7 */
BUILD_ATTRIBUTES static __attribute__((noinline)) bool NAME(run)(dcm_jpls *d, dcm_jpls_lines *lines,
                                                                 NAME(place) * p, bool lossless) {
    uint16_t *const line = lines->current + DCM_JPLS_FIRST;
    const uint64_t room = d->layout.columns - p->x;
    const int64_t n = decode_run(d, &p->at, &p->run_index, room);
    if (n < 0) return false;
    fill(line + p->x, (uint64_t)n, (uint16_t)p->a);
    p->x += (uint64_t)n;
    if ((uint64_t)n == room) return true;
    const int32_t a = p->a, above = lines->before[DCM_JPLS_FIRST + p->x];
    const int32_t alike = (a < above ? above - a : a - above) <= d->parameters.near;
    p->a = NAME(interruption)(d, &p->at, p->run_index, a, above, alike, lossless);
    line[p->x++] = (uint16_t)p->a;
    if (p->run_index) p->run_index--;
    return p->a >= 0;
}

FN bool NAME(line)(dcm_jpls *d, uint32_t component, bool lossless) {
    const uint64_t width = d->layout.columns;
    dcm_jpls_lines *const lines = &d->lines[component];
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[component];
    quantise_line(d, lines);
    int32_t a = lines->current[DCM_JPLS_FIRST - 1];
    for (uint64_t x = 0; x < width;) {
        const int32_t b = lines->before[DCM_JPLS_FIRST + x], c = lines->before[DCM_JPLS_FIRST + x - 1];
        const int32_t place = lines->places[x];
        const int64_t third = NAME(third)(d, lines->thirds[x], (uint32_t)a);
        if ((uint16_t)place + third) {
            if (!NAME(regular)(d, &at, place, third, a, b, c, lossless, &a)) return false;
            lines->current[DCM_JPLS_FIRST + x++] = (uint16_t)a;
            continue;
        }
        NAME(place) p = {at, x, a, run_index};
        if (!NAME(run)(d, lines, &p, lossless)) return false;
        at = p.at, x = p.x, a = p.a, run_index = p.run_index;
    }
    d->bits.at = at;
    d->run_index[component] = run_index;
    return true;
}

/* The samples of a pixel whose contexts are not all those of a run. */
FN bool NAME(pixel)(dcm_jpls *d, uint64_t *at, uint64_t x, uint32_t n, const int64_t *third, bool lossless) {
#pragma GCC unroll 4
    for (uint32_t i = 0; i < n; i++) {
        uint16_t *const line = d->lines[i].current + DCM_JPLS_FIRST + x;
        const uint16_t *const before = d->lines[i].before + DCM_JPLS_FIRST + x;
        int32_t v;
        if (!NAME(regular)(d, at, d->lines[i].places[x], third[i], line[-1], before[0], before[-1], lossless,
                           &v))
            return false;
        line[0] = (uint16_t)v;
    }
    return true;
}

/* Sample by sample of all components: a run is of all of them, and none of them counts as alike at its
   end. */
FN bool NAME(lines)(dcm_jpls *d, uint32_t n, bool lossless) {
    const uint64_t width = d->layout.columns;
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[0];
    for (uint32_t i = 0; i < n; i++)
        quantise_line(d, &d->lines[i]);
    for (uint64_t x = 0; x < width;) {
        int64_t third[DCM_JPLS_MAX_SAMPLES], any = 0;
        for (uint32_t i = 0; i < n; i++) {
            third[i] = NAME(third)(d, d->lines[i].thirds[x], d->lines[i].current[DCM_JPLS_FIRST + x - 1]);
            any |= (uint16_t)d->lines[i].places[x] + third[i];
        }
        if (any) {
            if (!NAME(pixel)(d, &at, x++, n, third, lossless)) return false;
            continue;
        }
        const int64_t length = decode_run(d, &at, &run_index, width - x);
        if (length < 0) return false;
        const bool ended = (uint64_t)length < width - x;
        const uint64_t first = DCM_JPLS_FIRST + x;
        x += (uint64_t)length;
        for (uint32_t i = 0; i < n; i++) {
            uint16_t *const line = d->lines[i].current;
            const int32_t a = line[first - 1], above = d->lines[i].before[DCM_JPLS_FIRST + x];
            fill(line + first, (uint64_t)length, (uint16_t)a);
            if (!ended) continue;
            const int32_t v = NAME(interruption)(d, &at, run_index, a, above, 0, lossless);
            if (v < 0) return false;
            line[DCM_JPLS_FIRST + x] = (uint16_t)v;
        }
        if (!ended) continue;
        x++;
        if (run_index) run_index--;
    }
    d->bits.at = at;
    d->run_index[0] = run_index;
    return true;
}

/* n is 0 for a single line, of the component; else the components. Loops are compiled for what is met
   often. */
BUILD_ATTRIBUTES static bool NAME(decode)(dcm_jpls *d, uint32_t component, uint32_t n) {
    const bool lossless = d->parameters.near == 0 && (d->parameters.maxval & (d->parameters.maxval + 1)) == 0;
    if (n == 0) return lossless ? NAME(line)(d, component, true) : NAME(line)(d, component, false);
    if (n == 3) return lossless ? NAME(lines)(d, 3, true) : NAME(lines)(d, 3, false);
    return NAME(lines)(d, n, lossless);
}
