/* RLE Lossless: decoding frames. PS3.5 Annex G.

   Fast because a control byte steers no branch. Literal or replicate, one byte or 128: the same 128 bytes are
   written, what stands behind the control byte or its first byte repeated, chosen by a mask, and both
   pointers go on by what the control byte says. What was written too much is written over by the next run. So
   nothing is mispredicted; a run costs the latency of one load and three operations, or what it takes to
   write so much, whichever is longer.

   Where runs are short it is the latency, so a segment is decoded in two places in turns. Where a run begins
   further on is not known, but whatever byte is taken for a control byte, after some runs a real one is met:
   it is guessed, and what was decoded from there counts only if the first place arrives exactly at it. Of
   these runs 16 or 32 bytes are written first; long ones among them are mispredicted, a reason to leave this
   where there are many. Elsewhere two segments are decoded in turns. rle_runs.h has both.

   Where a pixel has several bytes, each has a segment of its own. Their planes are decoded a piece at a time
   into buffers that stay in the first cache, and interleaved from there: out is written once, in order. Runs
   are not cut at the end of a piece: what hangs over is moved to the front for the next.

   The vectors are those of the compiler, in the size that the machine has: there is one body, and no
   intrinsics. */
#include "rle.h"
#include "rle_runs.h"

#define SCRATCH_NBYTES (16u * 1024u) /* for a piece of every plane together */
#define STRETCH_NBYTES (8u * 1024u)  /* of a plane, until it is looked again whether runs are short */

typedef uint16_t any_u16 __attribute__((aligned(1), may_alias)); /* two bytes anywhere */

typedef struct frame {
    plane planes[DCM_RLE_MAX_SEGMENTS]; /* by their place in a little-endian pixel */
    uint32_t nplanes;
    uint64_t npixels;
    uint32_t notes;
} frame;

/* What is to be said of a plane that is full or whose segment has ended: have of want bytes were there. */
static uint32_t notes_of(const plane *p, uint64_t have, uint64_t want) {
    if (have < want) return DCM_RLE_SHORT;
    const uint64_t left = (uint64_t)(p->end - p->in);
    const bool padded = left == 1 && *p->in == 0; /* to an even length */
    return have > want || p->cut || (left > 0 && !padded) ? DCM_RLE_LONG : 0;
}

/* A pixel of one byte: straight to out. */
INLINE void decode_single(frame *f, uint8_t *out, bool wide) {
    plane *p = &f->planes[0];
    uint8_t *const limit = out + f->npixels;
    uint8_t *end = out;
    while (end < limit && p->in < p->end) {
        end = try_ahead(p, end, limit, wide);
        const bool is_near = (uint64_t)(limit - end) <= STRETCH_NBYTES;
        end = decode_runs(p, end, is_near ? limit : end + STRETCH_NBYTES, limit, wide);
    }
    memset(end, 0, (uint64_t)(limit - end));
    f->notes |= notes_of(p, (uint64_t)(end - out), f->npixels);
}

/* Byte i of each of these planes side by side. The compilers make vectors of it. */
INLINE void zip(const plane *planes, uint32_t nplanes, uint8_t *restrict out, uint64_t n) {
    const uint8_t *restrict a = planes[0].buffer, *restrict b = planes[1].buffer;
    const uint8_t *restrict c = nplanes > 2 ? planes[2].buffer : a;
    const uint8_t *restrict d = nplanes > 3 ? planes[3].buffer : a;
    if (nplanes == 2) {
        for (uint64_t i = 0; i < n; i++)
            out[2 * i] = a[i], out[2 * i + 1] = b[i];
    } else if (nplanes == 3) {
        for (uint64_t i = 0; i < n; i++)
            out[3 * i] = a[i], out[3 * i + 1] = b[i], out[3 * i + 2] = c[i];
    } else {
        for (uint64_t i = 0; i < n; i++)
            out[4 * i] = a[i], out[4 * i + 1] = b[i], out[4 * i + 2] = c[i], out[4 * i + 3] = d[i];
    }
}

/* Units of some bytes to every step-th byte. */
INLINE void scatter(const uint8_t *restrict from, uint32_t unit, uint8_t *restrict out, uint32_t step,
                    uint64_t n) {
    for (uint64_t i = 0; i < n; i++)
        memcpy(out + step * i, from + unit * i, unit);
}

/* n bytes of every plane to n pixels. More than four planes are brought together two or four at a time. */
INLINE void interleave(const frame *f, uint8_t *restrict out, uint64_t n) {
    uint8_t units[SCRATCH_NBYTES];
    const uint32_t nplanes = f->nplanes;
    if (nplanes <= 4) {
        zip(f->planes, nplanes, out, n);
    } else if (nplanes == 6) {
        for (uint32_t k = 0; k < nplanes; k += 2)
            zip(f->planes + k, 2, units + k * n, n);
        const any_u16 *a = (const any_u16 *)units, *b = a + n, *c = b + n;
        any_u16 *to = (any_u16 *)out;
        for (uint64_t i = 0; i < n; i++)
            to[3 * i] = a[i], to[3 * i + 1] = b[i], to[3 * i + 2] = c[i];
    } else if (nplanes % 4 == 0) {
        for (uint32_t k = 0; k < nplanes; k += 4) {
            zip(f->planes + k, 4, units, n);
            scatter(units, 4, out + k, nplanes, n);
        }
    } else if (nplanes % 2 == 0) {
        for (uint32_t k = 0; k < nplanes; k += 2) {
            zip(f->planes + k, 2, units, n);
            scatter(units, 2, out + k, nplanes, n);
        }
    } else {
        for (uint32_t k = 0; k < nplanes; k++)
            scatter(f->planes[k].buffer, 1, out + k, nplanes, n);
    }
}

/* Bring every plane's buffer to n bytes or some more, of which short runs do not go beyond most. */
INLINE void fill(frame *f, uint64_t n, uint64_t most, bool wide) {
    const bool last = n == most;
    for (uint32_t k = 0; k < f->nplanes; k++) {
        plane *p = &f->planes[k];
        if (p->nheld >= n) continue;
        p->nheld = (uint64_t)(try_ahead(p, p->buffer + p->nheld, p->buffer + most, wide) - p->buffer);
    }
    for (uint32_t k = 0; k + 1 < f->nplanes; k += 2)
        decode_pair(&f->planes[k], &f->planes[k + 1], n, wide);
    for (uint32_t k = 0; k < f->nplanes; k++) {
        plane *p = &f->planes[k];
        uint8_t *const stop = p->buffer + n;
        uint8_t *const end = decode_runs(p, p->buffer + p->nheld, stop, stop + RUN_NBYTES, wide);
        p->nheld = (uint64_t)(end - p->buffer);
        if (last || end < stop) f->notes |= notes_of(p, p->nheld, n);
        if (end < stop) memset(end, 0, (uint64_t)(stop - end)), p->nheld = n;
    }
}

INLINE void decode_several(frame *f, uint8_t *out, bool wide) {
    uint8_t scratch[SCRATCH_NBYTES];
    const uint64_t share = SCRATCH_NBYTES / f->nplanes, piece = share - share / 8;
    for (uint32_t k = 0; k < f->nplanes; k++)
        f->planes[k].buffer = scratch + k * share;
    for (uint64_t done = 0; done < f->npixels;) {
        const uint64_t left = f->npixels - done, n = left < piece ? left : piece;
        fill(f, n, left < share ? left : share, wide);
        interleave(f, out + done * f->nplanes, n);
        done += n;
        for (uint32_t k = 0; k < f->nplanes && done < f->npixels; k++) {
            plane *p = &f->planes[k];
            p->nheld -= n;
            memmove(p->buffer, p->buffer + n, p->nheld);
        }
    }
}

INLINE void decode_frame(frame *f, uint8_t *out, bool wide) {
    if (f->npixels == 0) return;
    if (f->nplanes == 1)
        decode_single(f, out, wide);
    else
        decode_several(f, out, wide);
}

static void decode_portable(frame *f, uint8_t *out) {
    decode_frame(f, out, false);
}

#if defined __x86_64__
static bool has_wide(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}
__attribute__((target("avx2,bmi"))) static void decode_wide(frame *f, uint8_t *out) {
    decode_frame(f, out, true);
}
#else
static bool has_wide(void) {
    return false;
}
#define decode_wide decode_portable
#endif

/* Find the segments: each ends where the next begins if that is behind it, else with the data. */
static dcm_status open_frame(frame *f, const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                             uint64_t out_nbytes) {
    const uint32_t sample_nbytes = layout->sample_nbytes;
    if (layout->samples == 0 || sample_nbytes == 0 || sample_nbytes > 8) return DCM_E_RANGE;
    const uint64_t nplanes = (uint64_t)layout->samples * sample_nbytes;
    if (out_nbytes % nplanes != 0 || out_nbytes / nplanes != layout->npixels) return DCM_E_RANGE;
    if (nplanes > DCM_RLE_MAX_SEGMENTS || in_nbytes < DCM_RLE_HEADER_NBYTES) return DCM_E_ENCODED;
    const uint32_t nsegments = dcm_load_u32le(in);
    if (nsegments < nplanes) return DCM_E_ENCODED;
    *f = (frame){.nplanes = (uint32_t)nplanes, .npixels = layout->npixels};
    if (nsegments > nplanes) f->notes |= DCM_RLE_EXTRA_SEGMENTS;

    const uint32_t nlisted = nsegments < DCM_RLE_MAX_SEGMENTS ? nsegments : DCM_RLE_MAX_SEGMENTS;
    for (uint32_t k = 0; k < f->nplanes; k++) {
        const uint64_t start = dcm_load_u32le(in + 4 + 4 * k);
        if (start < DCM_RLE_HEADER_NBYTES || start > in_nbytes) return DCM_E_ENCODED;
        uint64_t end = in_nbytes;
        if (k + 1 < nlisted) {
            const uint64_t next = dcm_load_u32le(in + 8 + 4 * k);
            if (next > start && next < end) end = next;
            if (next <= start && k + 1 < f->nplanes) f->notes |= DCM_RLE_ORDER;
        }
        /* the most significant byte comes first */
        const uint32_t sample = k / sample_nbytes, byte = sample_nbytes - 1 - k % sample_nbytes;
        plane *p = &f->planes[sample * sample_nbytes + byte];
        p->in = in + start;
        p->end = in + end;
        p->readable = in + in_nbytes;
    }
    return DCM_OK;
}

dcm_status dcm_rle_decode(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes, uint8_t *out,
                          uint64_t out_nbytes, uint32_t *notes) {
    frame f;
    const dcm_status status = open_frame(&f, layout, in, in_nbytes, out_nbytes);
    if (status != DCM_OK) return status;
    if (has_wide())
        decode_wide(&f, out);
    else
        decode_portable(&f, out);
    *notes = f.notes;
    return DCM_OK;
}

dcm_status dcm_rle_decode_portable(const dcm_rle_layout *layout, const uint8_t *in, uint64_t in_nbytes,
                                   uint8_t *out, uint64_t out_nbytes, uint32_t *notes) {
    frame f;
    const dcm_status status = open_frame(&f, layout, in, in_nbytes, out_nbytes);
    if (status != DCM_OK) return status;
    decode_portable(&f, out);
    *notes = f.notes;
    return DCM_OK;
}
