/* RLE Lossless: runs of segments, the part of rle.c where the time goes. PS3.5 Annex G. */
#ifndef DCM_RLE_RUNS_H
#define DCM_RLE_RUNS_H

#include "base.h"

#define RUN_NBYTES 128   /* the longest run, and what is written for any */
#define AHEAD_NBYTES 512 /* from where a segment is decoded to where it is decoded as well */
#define GUESS_NRUNS 16   /* after so many a start that was guessed is mostly right */
#define SHORT_NBYTES 16  /* runs are short if they are shorter in the segment ... */
#define SHORT_NPIXELS 10 /* ... and in the plane, on the average */
#define INLINE static inline __attribute__((always_inline))

typedef uint8_t vec16 __attribute__((vector_size(16)));
typedef uint8_t vec32 __attribute__((vector_size(32)));

/* A segment while it is decoded. */
typedef struct plane {
    const uint8_t *in, *end;
    const uint8_t *readable; /* end of the frame: bytes up to there may be read, and count for nothing */
    uint8_t *buffer;         /* a piece, and room for a run behind it */
    uint64_t nheld;          /* bytes in the buffer */
    uint32_t pause;          /* how often short runs are not looked for after that was in vain */
    uint32_t wait;           /* how often they still are not */
    bool cut;                /* a run did not fit into the plane */
} plane;

/* Bytes that keep a literal run, and from the middle on those that let nothing of it through. */
#define EIGHT 255, 255, 255, 255, 255, 255, 255, 255
static const uint8_t KEEPS[64] __attribute__((aligned(64))) = {EIGHT, EIGHT, EIGHT, EIGHT};

/* Bytes from..to of a run: those of a literal one, or its first repeated. */
INLINE void write_run(const uint8_t *in, uint8_t *out, int64_t replicate, uint32_t from, uint32_t to,
                      bool wide) {
    if (wide) {
        vec32 keeps, v;
        memcpy(&keeps, KEEPS + (replicate & 32), sizeof keeps);
        const vec32 bytes = ((vec32){0} + *in) & ~keeps;
        for (uint32_t i = from; i < to; i += sizeof v) {
            memcpy(&v, in + i, sizeof v);
            v = (v & keeps) | bytes;
            memcpy(out + i, &v, sizeof v);
        }
    } else {
        vec16 keeps, v;
        memcpy(&keeps, KEEPS + (replicate & 32), sizeof keeps);
        const vec16 bytes = ((vec16){0} + *in) & ~keeps;
        for (uint32_t i = from; i < to; i += sizeof v) {
            memcpy(&v, in + i, sizeof v);
            v = (v & keeps) | bytes;
            memcpy(out + i, &v, sizeof v);
        }
    }
}

/* Step over the run at *in. It is no -128. */
INLINE void skip_run(const uint8_t **in) {
    const int64_t control = (int8_t) * *in, replicate = control >> 63; /* all bits or none */
    *in += 2 + (control & ~replicate);
}

/* Write 128 bytes for the run at *in, and step over it. 129 bytes can be read, and it is no -128. Where runs
   are short, 16 or 32 bytes are written first, and the rest by a branch that is seldom taken. */
INLINE void decode_run(const uint8_t **in, uint8_t **out, int64_t control, bool is_short, bool wide) {
    const int64_t replicate = control >> 63, n = (control ^ replicate) + 1 - replicate;
    const uint32_t first = !is_short ? RUN_NBYTES : wide ? sizeof(vec32) : sizeof(vec16);
    write_run(*in + 1, *out, replicate, 0, first, wide);
    if (is_short && DCM_UNLIKELY(n > first)) write_run(*in + 1, *out, replicate, first, RUN_NBYTES, wide);
    *in += 2 + (control & ~replicate);
    *out += n;
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
            decode_run(&in, &out, control, false, wide);
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
        decode_run(&in0, &out0, control0, false, wide);
        decode_run(&in1, &out1, control1, false, wide);
    }
    p->in = in0, p->nheld = (uint64_t)(out0 - p->buffer);
    q->in = in1, q->nheld = (uint64_t)(out1 - q->buffer);
}

/* A place in a segment from where it is decoded. */
typedef struct lane {
    const uint8_t *in;
    uint8_t *out;
} lane;

/* Decode some runs while a lane that begins anywhere is brought to where a run begins, as it happens after a
   few: whatever byte is taken for a control byte, sooner or later a real one is met. Gives whether the runs
   were short and there is room for more. */
INLINE bool open_lane(lane *here, lane *ahead, const uint8_t *fast_in, const uint8_t *fast_out, bool wide) {
    const lane from = *here;
    for (uint32_t i = 0; i < GUESS_NRUNS; i++) {
        if (here->in >= fast_in || ahead->in >= fast_in || here->out >= fast_out) return false;
        const int64_t control = (int8_t)*here->in;
        if (control == -128) return false;
        decode_run(&here->in, &here->out, control, false, wide);
        skip_run(&ahead->in);
    }
    return here->in - from.in < SHORT_NBYTES * GUESS_NRUNS &&
           here->out - from.out < SHORT_NPIXELS * GUESS_NRUNS;
}

/* Decode short runs from out on, in two places of the segment in turns: from where it is read, and from some
   way ahead into a buffer, whose bytes follow when the first has come to where the second began. If it does
   not, the guess was wrong, and they are forgotten. Gives the end of what was decoded, limit or in front of
   it: there are longer runs, or one of the ends is near. */
INLINE uint8_t *decode_ahead(plane *p, uint8_t *out, const uint8_t *limit, bool wide) {
    uint8_t buffer[8 * AHEAD_NBYTES + RUN_NBYTES];
    const uint8_t *const full = buffer + 8 * AHEAD_NBYTES;
    while (p->end - p->in > AHEAD_NBYTES + 2 * RUN_NBYTES && limit - out > 2 * AHEAD_NBYTES) {
        const uint8_t *const fast_in = p->end - RUN_NBYTES, *const fast_out = limit - RUN_NBYTES;
        lane here = {p->in, out}, ahead = {p->in + AHEAD_NBYTES, buffer};
        const bool is_open = open_lane(&here, &ahead, fast_in, fast_out, wide);
        const uint8_t *const start = ahead.in;
        while (is_open && here.in < start && ahead.in < fast_in && here.out < fast_out && ahead.out < full) {
            const int64_t control0 = (int8_t)*here.in, control1 = (int8_t)*ahead.in;
            if (DCM_UNLIKELY(control0 == -128 || control1 == -128)) break;
            decode_run(&here.in, &here.out, control0, true, wide);
            decode_run(&ahead.in, &ahead.out, control1, true, wide);
        }
        p->in = here.in, out = here.out;
        if (!is_open || here.in < start) break;
        const int64_t n = ahead.out - buffer;
        if (here.in != start || n > limit - out) continue;
        memcpy(out, buffer, (uint64_t)n);
        p->in = ahead.in, out += n;
    }
    return out;
}

/* The same, but seldom tried where it was in vain. */
INLINE uint8_t *try_ahead(plane *p, uint8_t *out, const uint8_t *limit, bool wide) {
    if (p->wait > 0) {
        p->wait--;
        return out;
    }
    uint8_t *const end = decode_ahead(p, out, limit, wide);
    p->pause = end - out > AHEAD_NBYTES ? 0 : p->pause < 15 ? 2 * p->pause + 1 : 15;
    p->wait = p->pause;
    return end;
}

#endif
