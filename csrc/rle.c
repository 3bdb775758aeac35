/* RLE Lossless: decoding frames. PS3.5 Annex G.

   Fast because a control byte steers no branch. Literal or replicate, one byte or 128: the same 128 bytes are
   written, what stands behind the control byte or its first byte repeated, chosen by a mask, and both
   pointers go on by what the control byte says. What was written too much is written over by the next run. So
   nothing is mispredicted; a run costs the latency of one load and three operations, and two segments are
   decoded in turns to hide half of that.

   Where a pixel has several bytes, each has a segment of its own. Their planes are decoded a piece at a time
   into buffers that stay in the first cache, and interleaved from there: out is written once, in order. Runs
   are not cut at the end of a piece: what hangs over is moved to the front for the next.

   The vectors are those of the compiler, in the size that the machine has: there is one body, and no
   intrinsics. */
#include "rle.h"

#define RUN_NBYTES 128               /* the longest run, and what is written for any */
#define SCRATCH_NBYTES (16u * 1024u) /* for a piece of every plane together */
#define INLINE static inline __attribute__((always_inline))

typedef uint8_t vec16 __attribute__((vector_size(16)));
typedef uint8_t vec32 __attribute__((vector_size(32)));
typedef uint16_t any_u16 __attribute__((aligned(1), may_alias)); /* two bytes anywhere */

/* A segment while it is decoded. */
typedef struct plane {
    const uint8_t *in, *end;
    const uint8_t *readable; /* end of the frame: bytes up to there may be read, and count for nothing */
    uint8_t *buffer;         /* a piece, and room for a run behind it */
    uint64_t nheld;          /* bytes in the buffer */
    bool cut;                /* a run did not fit into the plane */
} plane;

typedef struct frame {
    plane planes[DCM_RLE_MAX_SEGMENTS]; /* by their place in a little-endian pixel */
    uint32_t nplanes;
    uint64_t npixels;
    uint32_t notes;
} frame;

/* Write 128 bytes for the run at *in, and step over it. 129 bytes can be read, and it is no -128. */
INLINE void decode_run(const uint8_t **in, uint8_t **out, int64_t control, bool wide) {
    const int64_t replicate = control >> 63; /* all bits or none */
    const uint8_t keep = (uint8_t)~replicate, byte = (uint8_t)((*in)[1] & replicate);
    if (wide) {
        const vec32 keeps = (vec32){0} + keep, bytes = (vec32){0} + byte;
        for (uint32_t i = 0; i < RUN_NBYTES; i += sizeof(vec32)) {
            vec32 v;
            memcpy(&v, *in + 1 + i, sizeof v);
            v = (v & keeps) | bytes;
            memcpy(*out + i, &v, sizeof v);
        }
    } else {
        const vec16 keeps = (vec16){0} + keep, bytes = (vec16){0} + byte;
        for (uint32_t i = 0; i < RUN_NBYTES; i += sizeof(vec16)) {
            vec16 v;
            memcpy(&v, *in + 1 + i, sizeof v);
            v = (v & keeps) | bytes;
            memcpy(*out + i, &v, sizeof v);
        }
    }
    *in += 2 + (control & ~replicate);
    *out += (control ^ replicate) + 1 - replicate;
}

/* 129 bytes can be read from everywhere in front of the result, up to end at most. */
INLINE const uint8_t *last_in(const uint8_t *in, const uint8_t *end, const uint8_t *readable) {
    if (readable - in <= RUN_NBYTES) return in;
    return readable - end < RUN_NBYTES ? readable - RUN_NBYTES : end;
}

/* A run written in front of the result, and in front of stop, ends in front of limit. */
INLINE const uint8_t *last_out(const uint8_t *out, const uint8_t *stop, const uint8_t *limit) {
    if (limit - out < RUN_NBYTES) return out;
    return limit - stop < RUN_NBYTES ? limit - RUN_NBYTES + 1 : stop;
}

/* Decode runs from out on until stop is reached or the segment ends, never behind limit; gives the end of
   what was decoded. What lies between there and limit is undefined. */
INLINE uint8_t *decode_runs(plane *p, uint8_t *out, const uint8_t *stop, const uint8_t *limit, bool wide) {
    const uint8_t *in = p->in, *const end = p->end;
    while (out < stop && in < end) {
        const uint8_t *const fast_in = last_in(in, end, p->readable);
        const uint8_t *const fast_out = last_out(out, stop, limit);
        const uint8_t *run_in = in; /* the last run */
        uint8_t *run_out = out;
        while (in < fast_in && out < fast_out) {
            const int64_t control = (int8_t)*in;
            if (DCM_UNLIKELY(control == -128)) break;
            run_in = in, run_out = out;
            decode_run(&in, &out, control, wide);
        }
        if (in > end) in = run_in, out = run_out; /* the segment ends within it */
        if (out >= stop || in >= end) break;
        /* a no-op, or near one of the ends */
        const uint8_t control = *in++;
        if (control == 0x80) {
            while (in < end && *in == 0x80)
                in++;
            continue;
        }
        const uint64_t room = (uint64_t)(limit - out), left = (uint64_t)(end - in);
        if (left == 0) break;
        uint64_t n = control < 0x80 ? control + 1u : 257u - control;
        if (control < 0x80 && n > left) n = left;
        if (n > room) n = room, p->cut = true;
        if (control < 0x80) {
            memcpy(out, in, n);
            in += n;
        } else {
            memset(out, *in++, n);
        }
        out += n;
    }
    p->in = in;
    return out;
}

/* Decode runs of two segments in turns, as long as both can go on fast. */
INLINE void decode_pair(plane *p, plane *q, uint64_t n, bool wide) {
    const uint8_t *in0 = p->in, *in1 = q->in;
    const uint8_t *const fast0 = last_in(in0, p->end, p->end), *const fast1 = last_in(in1, q->end, q->end);
    uint8_t *out0 = p->buffer + p->nheld, *out1 = q->buffer + q->nheld;
    const uint8_t *const stop0 = p->buffer + n, *const stop1 = q->buffer + n;
    while (in0 < fast0 && in1 < fast1 && out0 < stop0 && out1 < stop1) {
        const int64_t control0 = (int8_t)*in0, control1 = (int8_t)*in1;
        if (DCM_UNLIKELY(control0 == -128 || control1 == -128)) break;
        decode_run(&in0, &out0, control0, wide);
        decode_run(&in1, &out1, control1, wide);
    }
    p->in = in0, p->nheld = (uint64_t)(out0 - p->buffer);
    q->in = in1, q->nheld = (uint64_t)(out1 - q->buffer);
}

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
    uint8_t *const end = decode_runs(p, out, limit, limit, wide);
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

/* Bring every plane's buffer to n bytes or some more. */
INLINE void fill(frame *f, uint64_t n, bool last, bool wide) {
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
    const uint64_t share = SCRATCH_NBYTES / f->nplanes, piece = share - RUN_NBYTES;
    for (uint32_t k = 0; k < f->nplanes; k++)
        f->planes[k].buffer = scratch + k * share;
    for (uint64_t done = 0; done < f->npixels;) {
        const uint64_t n = f->npixels - done < piece ? f->npixels - done : piece;
        fill(f, n, done + n == f->npixels, wide);
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
