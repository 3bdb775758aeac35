/* JPEG 2000 code-blocks, sample by sample: what the fast decoder is compared with, and an encoder for it.
   ITU-T T.800 Annexes C and D, by their flow charts. */
#ifndef DCM_J2K_BLOCK_SLOW_H
#define DCM_J2K_BLOCK_SLOW_H

#include "check.h"
#include "j2k_block.h"
#include "j2k_mq.h"

#include <stdlib.h>

#define SLOW_MAX_NBYTES 400000u
#define SLOW_MAX_NSEGMENTS 100u

/* The MQ coder both ways (decoding: in, encoding: out), and raw bits. Bytes behind the end are FF. */
typedef struct slow_mq {
    uint32_t a, c, ct;
    const uint8_t *in;
    uint64_t n, pos;
    uint16_t *units; /* decoding: the bytes, carries added */
    bool *is_short;  /* of 7 bits */
    uint64_t nunits;
    uint8_t *out;
    int64_t bp;
    uint32_t index[DCM_J2K_NCONTEXTS], mps[DCM_J2K_NCONTEXTS];
    uint32_t raw_byte, raw_nbits;
} slow_mq;

static inline uint32_t slow_byte(const slow_mq *m, uint64_t pos) {
    return pos < m->n ? m->in[pos] : 0xFFu;
}

/* The bytes of a segment up to its end. The eighth bit of a byte behind FF is a carry: it is added to what
   stands before, as the encoder left it, before anything is decoded. */
static inline void slow_read_units(slow_mq *m) {
    free(m->units), free(m->is_short);
    m->units = malloc((m->n + 1) * sizeof *m->units), m->is_short = malloc((m->n + 1) * sizeof *m->is_short);
    if (!m->units || !m->is_short) abort();
    m->nunits = 0;
    for (uint64_t i = 0; i < m->n; i++) {
        const bool is_short = i && m->in[i - 1] == 0xFF;
        if (is_short && m->in[i] > 0x8F) break;
        m->units[m->nunits] = m->in[i], m->is_short[m->nunits++] = is_short;
    }
    for (uint64_t i = m->nunits; i-- > 1;) {
        const uint32_t limit = m->is_short[i] ? 0x80 : 0x100;
        m->units[i - 1] = (uint16_t)(m->units[i - 1] + m->units[i] / limit);
        m->units[i] %= limit;
    }
}

/* Behind the end come ones. */
static inline uint32_t slow_unit(const slow_mq *m, uint64_t pos) {
    return pos < m->nunits ? m->units[pos] : 0xFFu;
}

static inline void slow_bytein(slow_mq *m) {
    const bool is_short = ++m->pos < m->nunits && m->is_short[m->pos];
    m->c += slow_unit(m, m->pos) << (is_short ? 9 : 8);
    m->ct = is_short ? 7 : 8;
}

static inline void slow_reset(slow_mq *m) {
    for (uint32_t i = 0; i < DCM_J2K_NCONTEXTS; i++)
        m->index[i] = i == 0 ? 4 : i == 17 ? 3 : i == 18 ? 46 : 0, m->mps[i] = 0;
}

static inline void slow_start_decoding(slow_mq *m, const uint8_t *in, uint64_t n) {
    m->in = in, m->n = n, m->pos = 0;
    slow_read_units(m);
    m->c = slow_unit(m, 0) << 16;
    slow_bytein(m);
    m->c <<= 7, m->ct -= 7, m->a = 0x8000;
    m->raw_byte = m->raw_nbits = 0;
    m->bp = 0; /* for raw bits: the next byte */
}

/* Table C.2 */
static inline void slow_row(const slow_mq *m, uint32_t k, uint32_t *qe, uint32_t *nmps, uint32_t *nlps,
                            bool *swap) {
    static const uint16_t rows[47][4] = {
        {0x5601, 1, 1, 1},   {0x3401, 2, 6, 0},   {0x1801, 3, 9, 0},   {0x0AC1, 4, 12, 0},
        {0x0521, 5, 29, 0},  {0x0221, 38, 33, 0}, {0x5601, 7, 6, 1},   {0x5401, 8, 14, 0},
        {0x4801, 9, 14, 0},  {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
        {0x1C01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1}, {0x5401, 16, 14, 0},
        {0x5101, 17, 15, 0}, {0x4801, 18, 16, 0}, {0x3801, 19, 17, 0}, {0x3401, 20, 18, 0},
        {0x3001, 21, 19, 0}, {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
        {0x1C01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0}, {0x1401, 28, 25, 0},
        {0x1201, 29, 26, 0}, {0x1101, 30, 27, 0}, {0x0AC1, 31, 28, 0}, {0x09C1, 32, 29, 0},
        {0x08A1, 33, 30, 0}, {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02A1, 36, 33, 0},
        {0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0}, {0x0085, 40, 37, 0},
        {0x0049, 41, 38, 0}, {0x0025, 42, 39, 0}, {0x0015, 43, 40, 0}, {0x0009, 44, 41, 0},
        {0x0005, 45, 42, 0}, {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0}};
    const uint16_t *const row = rows[m->index[k]];
    *qe = row[0], *nmps = row[1], *nlps = row[2], *swap = row[3];
}

static inline uint32_t slow_decide(slow_mq *m, uint32_t k) {
    uint32_t qe, nmps, nlps, d = m->mps[k];
    bool swap, lps = false, renormalise = true;
    slow_row(m, k, &qe, &nmps, &nlps, &swap);
    m->a -= qe;
    if (m->c >> 16 < qe) {
        lps = m->a >= qe;
        m->a = qe;
    } else {
        m->c -= qe << 16;
        if (m->a & 0x8000)
            renormalise = false;
        else
            lps = m->a < qe;
    }
    if (!renormalise) return d;
    if (lps) {
        d = 1 - d;
        if (swap) m->mps[k] = 1 - m->mps[k];
        m->index[k] = nlps;
    } else {
        m->index[k] = nmps;
    }
    do {
        if (m->ct == 0) slow_bytein(m);
        m->a <<= 1, m->c <<= 1, m->ct--;
    } while (!(m->a & 0x8000));
    return d;
}

static inline uint32_t slow_raw_bit(slow_mq *m) {
    if (m->raw_nbits == 0) {
        const bool is_ff = m->raw_byte == 0xFF;
        m->raw_nbits = is_ff ? 7 : 8;
        if (is_ff && slow_byte(m, (uint64_t)m->bp) > 0x8F)
            m->raw_byte = 0xFF, m->raw_nbits = 8;
        else
            m->raw_byte = slow_byte(m, (uint64_t)m->bp++);
    }
    return m->raw_byte >> --m->raw_nbits & 1u;
}

static inline void slow_byteout(slow_mq *m) {
    if (m->bp >= 0 && m->out[m->bp] != 0xFF && m->c >= 0x8000000) {
        m->out[m->bp]++;
        m->c &= m->out[m->bp] == 0xFF ? 0x7FFFFFFu : 0x7FFFFFFu;
    } else if (m->bp < 0 || m->out[m->bp] != 0xFF) {
        m->out[++m->bp] = (uint8_t)(m->c >> 19);
        m->c &= 0x7FFFF, m->ct = 8;
        return;
    }
    if (m->out[m->bp] == 0xFF) {
        m->out[++m->bp] = (uint8_t)(m->c >> 20);
        m->c &= 0xFFFFF, m->ct = 7;
    } else {
        m->out[++m->bp] = (uint8_t)(m->c >> 19);
        m->c &= 0x7FFFF, m->ct = 8;
    }
}

static inline void slow_start_encoding(slow_mq *m, uint8_t *out) {
    m->a = 0x8000, m->c = 0, m->ct = 12, m->out = out, m->bp = -1;
    m->raw_byte = 0, m->raw_nbits = 8;
}

static inline void slow_encode(slow_mq *m, uint32_t k, uint32_t d) {
    uint32_t qe, nmps, nlps;
    bool swap;
    slow_row(m, k, &qe, &nmps, &nlps, &swap);
    m->a -= qe;
    if (d == m->mps[k]) {
        if (m->a & 0x8000) {
            m->c += qe;
            return;
        }
        if (m->a < qe)
            m->a = qe;
        else
            m->c += qe;
        m->index[k] = nmps;
    } else {
        if (m->a < qe)
            m->c += qe;
        else
            m->a = qe;
        if (swap) m->mps[k] = 1 - m->mps[k];
        m->index[k] = nlps;
    }
    do {
        m->a <<= 1, m->c <<= 1;
        if (--m->ct == 0) slow_byteout(m);
    } while (!(m->a & 0x8000));
}

/* FLUSH; gives the bytes of the segment. */
static inline uint32_t slow_flush(slow_mq *m) {
    const uint32_t limit = m->c + m->a;
    m->c |= 0xFFFF;
    if (m->c >= limit) m->c -= 0x8000;
    m->c <<= m->ct;
    slow_byteout(m);
    m->c <<= m->ct;
    slow_byteout(m);
    return (uint32_t)(m->out[m->bp] == 0xFF ? m->bp : m->bp + 1);
}

static inline void slow_put_raw(slow_mq *m, uint32_t bit) {
    m->raw_byte |= bit << --m->raw_nbits;
    if (m->raw_nbits) return;
    m->out[++m->bp] = (uint8_t)m->raw_byte;
    m->raw_nbits = m->raw_byte == 0xFF ? 7 : 8;
    m->raw_byte = 0;
}

static inline uint32_t slow_flush_raw(slow_mq *m) {
    const bool is_full = m->raw_nbits == (m->bp >= 0 && m->out[m->bp] == 0xFF ? 7u : 8u);
    if (!is_full) m->out[++m->bp] = (uint8_t)m->raw_byte; /* zeros fill it: it is not FF */
    return (uint32_t)(m->bp + 1);
}

/* A block in coding. Arrays have a border of one sample. */
typedef struct slow_block {
    uint32_t width, height, orientation, style, nplanes;
    bool encoding, raw;
    slow_mq mq;
    uint32_t magnitude[4096]; /* encoding: to be coded */
    uint32_t decoded[4096];
    uint32_t last[4096]; /* the lowest plane that was decoded of a sample */
    bool significant[4096], negative[4096], visited[4096], refined[4096];
    uint32_t nsegments, npasses[SLOW_MAX_NSEGMENTS], nbytes[SLOW_MAX_NSEGMENTS];
    uint8_t *bytes;
} slow_block;

static inline bool slow_is_significant(const slow_block *s, int32_t x, int32_t y, int32_t from_y) {
    if (x < 0 || y < 0 || x >= (int32_t)s->width || y >= (int32_t)s->height) return false;
    if (s->style & DCM_J2K_CAUSAL && y / 4 > from_y / 4) return false;
    return s->significant[(uint32_t)y * s->width + (uint32_t)x];
}

static inline int32_t slow_sign(const slow_block *s, int32_t x, int32_t y, int32_t from_y) {
    if (!slow_is_significant(s, x, y, from_y)) return 0;
    return s->negative[(uint32_t)y * s->width + (uint32_t)x] ? -1 : 1;
}

/* Table D.1 */
static inline uint32_t slow_zero_context(const slow_block *s, int32_t x, int32_t y) {
    uint32_t h = slow_is_significant(s, x - 1, y, y) + slow_is_significant(s, x + 1, y, y);
    uint32_t v = slow_is_significant(s, x, y - 1, y) + slow_is_significant(s, x, y + 1, y);
    uint32_t d = slow_is_significant(s, x - 1, y - 1, y) + slow_is_significant(s, x + 1, y - 1, y) +
                 slow_is_significant(s, x - 1, y + 1, y) + slow_is_significant(s, x + 1, y + 1, y);
    if (s->orientation == 3) {
        static const uint8_t of[4][3] = {{0, 1, 2}, {3, 4, 5}, {6, 7, 7}, {8, 8, 8}};
        return of[d < 3 ? d : 3][h + v < 2 ? h + v : 2];
    }
    if (s->orientation == 1) {
        const uint32_t t = h;
        h = v, v = t;
    }
    if (h == 2) return 8;
    if (h == 1) return v >= 1 ? 7 : d >= 1 ? 6 : 5;
    if (v == 2) return 4;
    if (v == 1) return 3;
    return d >= 2 ? 2 : d;
}

static inline uint32_t slow_bit(slow_block *s, uint32_t k, uint32_t bit) {
    if (!s->encoding) return s->raw ? slow_raw_bit(&s->mq) : slow_decide(&s->mq, k);
    if (s->raw)
        slow_put_raw(&s->mq, bit);
    else
        slow_encode(&s->mq, k, bit);
    return bit;
}

/* Sign coding, and what follows from significance. §D.3.2 */
static inline void slow_become_significant(slow_block *s, int32_t x, int32_t y, uint32_t plane) {
    const uint32_t i = (uint32_t)y * s->width + (uint32_t)x;
    int32_t h = slow_sign(s, x - 1, y, y) + slow_sign(s, x + 1, y, y);
    int32_t v = slow_sign(s, x, y - 1, y) + slow_sign(s, x, y + 1, y);
    h = h > 1 ? 1 : h < -1 ? -1 : h;
    v = v > 1 ? 1 : v < -1 ? -1 : v;
    const bool turn = h < 0 || (h == 0 && v < 0);
    if (turn) h = -h, v = -v;
    const uint32_t k = h == 1 ? 12u + (uint32_t)v : 9u + (uint32_t)v;
    const uint32_t flip = s->raw ? 0 : turn;
    s->negative[i] = slow_bit(s, k, (uint32_t)s->negative[i] ^ flip) ^ flip;
    s->significant[i] = true;
    s->decoded[i] = 1u << plane;
    s->last[i] = plane;
}

static inline void slow_pass(slow_block *s, uint32_t pass, uint32_t plane) {
    for (int32_t y0 = 0; y0 < (int32_t)s->height; y0 += 4)
        for (int32_t x = 0; x < (int32_t)s->width; x++)
            for (int32_t y = y0; y < y0 + 4 && y < (int32_t)s->height; y++) {
                const uint32_t i = (uint32_t)y * s->width + (uint32_t)x, bit = s->magnitude[i] >> plane & 1u;
                const uint32_t k = slow_zero_context(s, x, y);
                if (pass == 0 && !s->significant[i] && k) {
                    s->visited[i] = true;
                    if (slow_bit(s, k, bit)) slow_become_significant(s, x, y, plane);
                } else if (pass == 1 && s->significant[i] && !s->visited[i]) {
                    const uint32_t refining = s->refined[i] ? 16 : k ? 15 : 14;
                    s->decoded[i] |= slow_bit(s, refining, bit) << plane;
                    s->last[i] = plane;
                    s->refined[i] = true;
                } else if (pass == 2 && !s->significant[i] && !s->visited[i]) {
                    bool empty = y == y0 && y0 + 4 <= (int32_t)s->height;
                    uint32_t first = 4;
                    for (int32_t r = 0; r < 4 && empty; r++) {
                        const uint32_t at = i + (uint32_t)r * s->width;
                        empty = !s->significant[at] && !s->visited[at] && slow_zero_context(s, x, y + r) == 0;
                        if (first == 4 && s->magnitude[at] >> plane & 1u) first = (uint32_t)r;
                    }
                    if (empty) {
                        if (!slow_bit(s, 17, first < 4)) break;
                        first = slow_bit(s, 18, first >> 1 & 1u) << 1 | slow_bit(s, 18, first & 1u);
                        y += (int32_t)first;
                        slow_become_significant(s, x, y, plane);
                    } else if (slow_bit(s, k, bit)) {
                        slow_become_significant(s, x, y, plane);
                    }
                }
            }
    if (pass == 2) {
        memset(s->visited, 0, sizeof s->visited);
        if (s->style & DCM_J2K_SEGSYM)
            for (uint32_t n = 0; n < 4; n++)
                slow_bit(s, 18, 1 - n % 2);
    }
    if (s->style & DCM_J2K_RESET) slow_reset(&s->mq);
}

static inline bool slow_is_raw(const slow_block *s, uint32_t index) {
    return s->style & DCM_J2K_BYPASS && index >= 10 && (index + 2) % 3 != 2;
}

/* Whether a segment ends behind a pass: Table D.9. */
static inline bool slow_ends(const slow_block *s, uint32_t index, uint32_t npasses) {
    if (index + 1 == npasses || s->style & DCM_J2K_TERMALL) return true;
    return s->style & DCM_J2K_BYPASS && index >= 9 && (index + 2) % 3 != 0;
}

/* Encode, or decode what nsegments, npasses, nbytes and bytes have. */
static inline void slow_code(slow_block *s, uint32_t npasses) {
    uint32_t at = 0, segment = 0, begun = 0;
    slow_reset(&s->mq);
    memset(s->significant, 0, sizeof s->significant);
    memset(s->visited, 0, sizeof s->visited);
    memset(s->refined, 0, sizeof s->refined);
    memset(s->decoded, 0, sizeof s->decoded);
    for (uint32_t index = 0; index < npasses; index++) {
        s->raw = slow_is_raw(s, index);
        if (begun == 0) {
            if (s->encoding)
                slow_start_encoding(&s->mq, s->bytes + at);
            else
                slow_start_decoding(&s->mq, s->bytes + at, s->nbytes[segment]);
        }
        begun++;
        slow_pass(s, (index + 2) % 3, s->nplanes - 1 - (index + 2) / 3);
        if (!slow_ends(s, index, npasses)) continue;
        if (s->encoding) {
            s->nbytes[segment] = s->raw ? slow_flush_raw(&s->mq) : slow_flush(&s->mq);
            s->npasses[segment] = begun;
            s->nsegments = segment + 1;
        }
        at += s->nbytes[segment++];
        begun = 0;
    }
}

/* The coefficient times two: in the middle of what it can be. */
static inline int64_t slow_doubled(const slow_block *s, uint32_t i) {
    if (!s->significant[i]) return 0;
    const int64_t v = 2 * (int64_t)s->decoded[i] + (INT64_C(1) << s->last[i]);
    return s->negative[i] ? -v : v;
}

#endif
