/* Lossless JPEG: differences to samples, line by line. ITU-T T.81 §H.1.2.1.

   Fast because most predictors are running sums. Where a sample is predicted from its left neighbour, the
   line is the sum of its differences up to there (1), or of those and what the line above adds to each (4 and
   5); vectors of eight are summed in three steps. Where only the line above counts (2, 3) there is nothing to
   wait for. The predictors 6 and 7 halve what comes from the left and go sample by sample. Interleaved
   components are summed in the same vectors, in steps of as many places. All is modulo 65536. */
#include "jpeg_lossless_internal.h"

typedef uint16_t vec8 __attribute__((vector_size(16)));

/* Sums over every n-th of eight, shifted by 1, 2 and 4 times n places. */
#define SHIFT(v, k)                                                                                          \
    __builtin_shufflevector((vec8){0}, v, 8 - (k), 9 - (k), 10 - (k), 11 - (k), 12 - (k), 13 - (k),          \
                            14 - (k), 15 - (k))
/* For each place of the next eight, the last of this eight that is of the same component. */
#define LAST(v, n)                                                                                           \
    __builtin_shufflevector(v, v, 8 - (n), 8 - (n) + 1 % (n), 8 - (n) + 2 % (n), 8 - (n) + 3 % (n),          \
                            8 - (n) + 4 % (n), 8 - (n) + 5 % (n), 8 - (n) + 6 % (n), 8 - (n) + 7 % (n))

#define SUM_LINE(n)                                                                                          \
    for (; i + 8 <= count; i += 8) {                                                                         \
        vec8 v;                                                                                              \
        memcpy(&v, line + i, sizeof v);                                                                      \
        v += SHIFT(v, n);                                                                                    \
        if (2 * (n) < 8) v += SHIFT(v, 2 * (n) < 8 ? 2 * (n) : 0);                                           \
        if (4 * (n) < 8) v += SHIFT(v, 4 * (n) < 8 ? 4 * (n) : 0);                                           \
        v += carry;                                                                                          \
        memcpy(line + i, &v, sizeof v);                                                                      \
        carry = LAST(v, n);                                                                                  \
    }

/* Every sample the sum of those of its component up to it. */
DCM_INLINE void sum_line(uint16_t *line, uint64_t count, uint32_t n) {
    uint64_t i = 0;
    vec8 carry = {0};
    switch (n) {
    case 1:
        SUM_LINE(1) break;
    case 2:
        SUM_LINE(2) break;
    case 3:
        SUM_LINE(3) break;
    default:
        SUM_LINE(4) break;
    }
    for (i = i < n ? n : i; i < count; i++)
        line[i] = (uint16_t)(line[i] + line[i - n]);
}

/* What predictor 5 adds to the left neighbour: half of what the line above rises by. */
DCM_INLINE void add_half_rise(uint16_t *restrict line, const uint16_t *restrict above, uint64_t count,
                              uint32_t n) {
    for (uint64_t i = n; i < count; i++)
        line[i] = (uint16_t)(line[i] + (((int32_t)above[i] - (int32_t)above[i - n]) >> 1));
}

DCM_INLINE void add_line(uint16_t *restrict line, const uint16_t *restrict other, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        line[i] = (uint16_t)(line[i] + other[i]);
}

DCM_INLINE void predict(uint16_t *line, const uint16_t *above, uint64_t count, uint32_t n,
                        uint32_t predictor) {
    if (predictor == 4) {
        sum_line(line, count, n);
        add_line(line, above, count);
        return;
    }
    add_line(line, above, n); /* the first column, whatever the predictor is */
    switch (predictor) {
    case 2:
        add_line(line + n, above + n, count - n);
        break;
    case 3:
        add_line(line + n, above, count - n);
        break;
    case 5:
        add_half_rise(line, above, count, n);
        sum_line(line, count, n);
        break;
    case 6:
        for (uint64_t i = n; i < count; i++)
            line[i] = (uint16_t)(line[i] + above[i] + (((int32_t)line[i - n] - (int32_t)above[i - n]) >> 1));
        break;
    case 7:
        for (uint64_t i = n; i < count; i++)
            line[i] = (uint16_t)(line[i] + (((uint32_t)line[i - n] + above[i]) >> 1));
        break;
    default:
        sum_line(line, count, n);
        break;
    }
}

static void predict_portable(uint16_t *line, const uint16_t *above, uint64_t count, uint32_t n,
                             uint32_t predictor) {
    predict(line, above, count, n, predictor);
}

DCM_AVX2 static void predict_avx2(uint16_t *line, const uint16_t *above, uint64_t count, uint32_t n,
                                  uint32_t predictor) {
    predict(line, above, count, n, predictor);
}

void dcm_jpll_predict(const dcm_jpll *d, uint16_t *line, const uint16_t *above) {
    static const uint16_t none[DCM_JPLL_MAX_SAMPLES] = {0};
    const uint32_t n = d->scan_samples;
    const uint64_t count = (uint64_t)n * d->layout.columns;
    const uint32_t predictor = above ? d->predictor : 1; /* the first line goes by the left neighbour ... */
    const uint16_t middle = (uint16_t)(1u << (d->precision - d->point_transform - 1u));
    for (uint32_t k = 0; k < n && !above; k++)
        line[k] = (uint16_t)(line[k] + middle); /* ... and starts from the middle of the range */
    if (dcm_simd_avx2())
        predict_avx2(line, above ? above : none, count, n, predictor);
    else
        predict_portable(line, above ? above : none, count, n, predictor);
}

DCM_INLINE void narrow(const uint16_t *restrict line, uint8_t *restrict out, uint64_t count, uint32_t shift) {
    for (uint64_t i = 0; i < count; i++)
        out[i] = (uint8_t)(line[i] << shift);
}

static void narrow_portable(const uint16_t *line, uint8_t *out, uint64_t count, uint32_t shift) {
    narrow(line, out, count, shift);
}

DCM_AVX2 static void narrow_avx2(const uint16_t *line, uint8_t *out, uint64_t count, uint32_t shift) {
    narrow(line, out, count, shift);
}

/* Components that had scans of their own: to every so many-th sample. */
static void emit_apart(const dcm_jpll *d, const uint16_t *line, uint64_t start) {
    const uint32_t n = d->scan_samples, samples = d->layout.samples;
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t x = 0; x < d->layout.columns; x++) {
            const uint64_t place = start + (uint64_t)x * samples + d->scan_index[k];
            const uint16_t sample = (uint16_t)(line[(uint64_t)x * n + k] << d->point_transform);
            if (d->layout.sample_nbytes == 1)
                d->out[place] = (uint8_t)sample;
            else
                memcpy(d->out + 2 * place, &sample, sizeof sample);
        }
    }
}

void dcm_jpll_emit(const dcm_jpll *d, const uint16_t *line, uint32_t row) {
    const uint64_t count = (uint64_t)d->layout.samples * d->layout.columns, start = row * count;
    bool in_order = d->scan_samples == d->layout.samples;
    for (uint32_t k = 0; k < d->scan_samples; k++)
        in_order = in_order && d->scan_index[k] == k;
    if (!in_order || (d->layout.sample_nbytes == 2 && d->point_transform))
        emit_apart(d, line, start);
    else if (d->layout.sample_nbytes == 2)
        memcpy(d->out + 2 * start, line, 2 * count);
    else if (dcm_simd_avx2())
        narrow_avx2(line, d->out + start, count, d->point_transform);
    else
        narrow_portable(line, d->out + start, count, d->point_transform);
}
