/* JPEG-LS: lines of samples, for one kind of processor. ITU-T T.87 Annex A.

   Included twice by jpegls_line.c, which says what FN (attributes of functions), NAME (of functions) and
   UPDATE (how contexts are updated) are. */

/* A sample in a regular context, whose number is times the bytes of a context, negative if it is mirrored.
   False where that cannot be. */
FN bool NAME(regular)(dcm_jpls *d, uint64_t *at, intptr_t context, int32_t a, int32_t b, int32_t c,
                      bool lossless, int32_t *out) {
    const intptr_t sign = context >> (8 * sizeof context - 1);
    dcm_jpls_context *const q =
        (dcm_jpls_context *)(void *)((uint8_t *)d->contexts + ((context ^ sign) - sign));
    const int32_t s = (int32_t)sign, k = (int32_t)q->k, step = lossless ? 1 : d->step;
    /* the median of a, b and a + b - c */
    int32_t predicted = within(a + b - c, smaller(a, b), larger(a, b));
    predicted = within(predicted + ((q->c ^ s) - s), 0, d->parameters.maxval);
    uint32_t code;
    if (!decode_code(d, at, (uint32_t)k, d->limit, d->max_nzeros[k], &code)) return false;
    /* with k = 0 and 2 B <= -N codes are turned: §A.5.3 */
    const int32_t turn = step == 1 ? ((2 * q->b + q->n - 1) & (k - 1)) >> 31 : 0;
    const int32_t error = (int32_t)(code >> 1) ^ -(int32_t)(code & 1) ^ turn;
    UPDATE(d, q, error, step);
    *out = reconstruct(d, predicted, (error ^ s) - s, lossless);
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

FN intptr_t NAME(quantised)(const dcm_jpls *d, int32_t difference, bool clips) {
    if (clips) difference = within(difference, -d->reach, d->reach);
    return d->quantised[difference + d->reach];
}

FN bool NAME(line)(dcm_jpls *d, uint32_t component, bool lossless, bool clips) {
    const uint64_t width = d->layout.columns;
    dcm_jpls_lines *const lines = &d->lines[component];
    uint16_t *const line = lines->current + DCM_JPLS_FIRST;
    const uint16_t *const before = lines->before + DCM_JPLS_FIRST;
    const int16_t *const gradients = lines->gradients + DCM_JPLS_FIRST;
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[component];
    quantise_line(d, before, lines->gradients + DCM_JPLS_FIRST, width);
    int32_t a = line[-1], c = before[-1];
    for (uint64_t x = 0; x < width;) {
        const int32_t b = before[x];
        const intptr_t context = gradients[x] + NAME(quantised)(d, c - a, clips);
        if (context) {
            if (DCM_UNLIKELY(!NAME(regular)(d, &at, context, a, b, c, lossless, &a))) return false;
            line[x++] = (uint16_t)a;
            c = b;
            continue;
        }
        bool ended;
        const int64_t n = decode_run(d, &at, &run_index, width - x, &ended);
        if (n < 0) return false;
        for (const uint64_t end = x + (uint64_t)n; x < end; x++)
            line[x] = (uint16_t)a;
        if (ended) {
            const int32_t above = before[x],
                          alike = (a < above ? above - a : a - above) <= d->parameters.near;
            a = NAME(interruption)(d, &at, run_index, a, above, alike, lossless);
            if (a < 0) return false;
            line[x++] = (uint16_t)a;
            if (run_index) run_index--;
        }
        c = before[x - 1];
    }
    d->bits.at = at;
    d->run_index[component] = run_index;
    return true;
}

/* The samples of a pixel whose contexts are not all those of a run. */
FN bool NAME(pixel)(dcm_jpls *d, uint64_t *at, uint64_t x, uint32_t n, const intptr_t *context,
                    bool lossless) {
    for (uint32_t i = 0; i < n; i++) {
        uint16_t *const line = d->lines[i].current + DCM_JPLS_FIRST + x;
        const uint16_t *const before = d->lines[i].before + DCM_JPLS_FIRST + x;
        int32_t v;
        if (DCM_UNLIKELY(!NAME(regular)(d, at, context[i], line[-1], before[0], before[-1], lossless, &v)))
            return false;
        line[0] = (uint16_t)v;
    }
    return true;
}

/* Sample by sample of all components: a run is of all of them, and none of them counts as alike at its end.
 */
FN bool NAME(lines)(dcm_jpls *d, uint32_t n, bool lossless, bool clips) {
    const uint64_t width = d->layout.columns;
    uint64_t at = d->bits.at;
    uint32_t run_index = d->run_index[0];
    for (uint32_t i = 0; i < n; i++)
        quantise_line(d, d->lines[i].before + DCM_JPLS_FIRST, d->lines[i].gradients + DCM_JPLS_FIRST, width);
    for (uint64_t x = 0; x < width;) {
        const uint64_t place = DCM_JPLS_FIRST + x;
        intptr_t context[DCM_JPLS_MAX_SAMPLES], any = 0;
        for (uint32_t i = 0; i < n; i++) {
            const dcm_jpls_lines *const lines = &d->lines[i];
            context[i] = lines->gradients[place] +
                         NAME(quantised)(d, lines->before[place - 1] - lines->current[place - 1], clips);
            any |= context[i];
        }
        if (any) {
            if (!NAME(pixel)(d, &at, x++, n, context, lossless)) return false;
            continue;
        }
        bool ended;
        const int64_t length = decode_run(d, &at, &run_index, width - x, &ended);
        if (length < 0) return false;
        x += (uint64_t)length;
        for (uint32_t i = 0; i < n; i++) {
            uint16_t *const line = d->lines[i].current;
            const int32_t a = line[place - 1], above = d->lines[i].before[DCM_JPLS_FIRST + x];
            for (int64_t k = 0; k < length; k++)
                line[place + (uint64_t)k] = (uint16_t)a;
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

/* n is 0 for a single line, of the component; else the components. Loops are compiled for what is met often.
 */
BUILD_ATTRIBUTES static bool NAME(decode)(dcm_jpls *d, uint32_t component, uint32_t n) {
    const bool lossless = d->parameters.near == 0 && (d->parameters.maxval & (d->parameters.maxval + 1)) == 0;
    if (n == 0 && lossless && !d->clips) return NAME(line)(d, component, true, false);
    if (n == 0 && lossless) return NAME(line)(d, component, true, true);
    if (n == 0 && !d->clips) return NAME(line)(d, component, false, false);
    if (n == 0) return NAME(line)(d, component, false, true);
    if (n == 3 && lossless && !d->clips) return NAME(lines)(d, 3, true, false);
    if (n == 3 && !d->clips) return NAME(lines)(d, 3, false, false);
    if (lossless) return NAME(lines)(d, n, true, true);
    return NAME(lines)(d, n, false, true);
}
