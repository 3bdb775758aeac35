/* JPEG 2000: a frame, tile by tile: packets, code-blocks, wavelet transforms, samples. ITU-T T.800. */
#include "j2k.h"

#include "guard.h"
#include "j2k_output.h"
#include "j2k_tile.h"
#include "j2k_wavelet.h"
#include "platform.h"

#include <stdatomic.h>
#include <stdlib.h>

#define MAX_NTHREADS 64u
#define ALIGNED 64u
#define MIN_STRIP_NROWS 32u           /* shorter strips are not worth the rows that two of them need */
#define MIN_SPLIT_NSAMPLES (1u << 15) /* levels with fewer are left to one thread */

/* Memory of its own, aligned, which grows and is never copied. */
typedef struct memory {
    uint8_t *p;
    uint64_t nbytes;
} memory;

/* Blocks that stand one after another and are of one band. */
typedef struct run {
    uint32_t first_block, end_block;
    const dcm_j2k_band *band;
} run;

typedef struct worker {
    dcm_j2k_coder *coder;
    memory buffer;  /* for codeword segments */
    memory scratch; /* for rows */
} worker;

struct dcm_j2k {
    dcm_j2k_stream stream;
    dcm_j2k_tile tile;
    memory planes; /* of the tile */
    run *runs;
    uint32_t nruns, runs_capacity;
    uint32_t nworkers; /* that are prepared */
    worker workers[MAX_NTHREADS];
};

/* Decoding a tile: what workers share. */
typedef struct job {
    dcm_j2k *d;
    const dcm_j2k_request *request;
    uint8_t *out;
    dcm_j2k_level levels[DCM_J2K_MAX_SAMPLES]; /* that are made now */
    void *targets[DCM_J2K_MAX_SAMPLES]; /* where their rows go; those of the last level become samples */
    uint64_t strides[DCM_J2K_MAX_SAMPLES];
    dcm_j2k_output output;
    uint32_t begin, end;  /* rows that are wanted */
    uint32_t left, right; /* and columns */
    uint8_t *first;       /* where the first of them goes */
    uint32_t nstrips;
    _Atomic uint32_t next; /* block or strip */
    _Atomic bool damaged, changed;
} job;

static bool reserve(memory *m, uint64_t nbytes) {
    if (nbytes <= m->nbytes) return true;
    if (nbytes > SIZE_MAX / 2) return false;
    const uint64_t rounded = (nbytes + nbytes / 8 + ALIGNED - 1) / ALIGNED * ALIGNED;
    free(m->p);
    m->p = NULL, m->nbytes = 0;
    uint8_t *const p = aligned_alloc(ALIGNED, rounded);
    if (!p) return false;
    m->p = p, m->nbytes = rounded;
    return true;
}

dcm_j2k *dcm_j2k_new(void) {
    return calloc(1, sizeof(dcm_j2k));
}

void dcm_j2k_free(dcm_j2k *d) {
    if (!d) return;
    dcm_j2k_stream_free(&d->stream);
    dcm_j2k_tile_free(&d->tile);
    free(d->planes.p);
    free(d->runs);
    for (uint32_t i = 0; i < d->nworkers; i++) {
        dcm_j2k_coder_free(d->workers[i].coder);
        free(d->workers[i].buffer.p);
        free(d->workers[i].scratch.p);
    }
    free(d);
}

uint64_t dcm_j2k_nbytes(const dcm_j2k *d) {
    const dcm_j2k_tile *const t = &d->tile;
    uint64_t n = d->planes.nbytes + d->stream.packed_capacity + t->headers_capacity;
    n += t->blocks_capacity * sizeof *t->blocks + t->pieces_capacity * sizeof *t->pieces;
    n += t->precincts_capacity * sizeof *t->precincts + t->nodes_capacity * sizeof *t->nodes;
    n += t->places_capacity * sizeof *t->places + d->runs_capacity * sizeof *d->runs;
    n += d->stream.parts_capacity * sizeof *d->stream.parts;
    for (uint32_t i = 0; i < d->nworkers; i++)
        n += d->workers[i].buffer.nbytes + d->workers[i].scratch.nbytes;
    return n;
}

dcm_j2k_fault dcm_j2k_fault_of(const dcm_j2k *d, uint64_t *offset) {
    *offset = d->stream.fault_offset;
    return d->stream.fault;
}

/* ---- planes ---- */

static uint32_t nrows_of(const dcm_j2k_resolution *r) {
    return r->y1 > r->y0 ? r->y1 - r->y0 : 0;
}

static uint32_t width_of(const dcm_j2k_resolution *r) {
    return r->x1 > r->x0 ? r->x1 - r->x0 : 0;
}

static uint32_t stride_of(uint32_t width) {
    return (width + 15) / 16 * 16;
}

/* Give every band a plane; with `base` NULL, only count the bytes. */
static uint64_t place_bands(dcm_j2k_tile *t, uint32_t reduce, uint8_t *base) {
    uint64_t at = 0;
    for (uint32_t i = 0; i < t->nsamples; i++)
        for (uint32_t r = 0; r + reduce < t->components[i].nresolutions; r++)
            for (uint32_t b = 0; b < t->components[i].resolutions[r].nbands; b++) {
                dcm_j2k_band *const band = &t->components[i].resolutions[r].bands[b];
                const bool is_empty = band->x0 >= band->x1 || band->y0 >= band->y1;
                band->stride = is_empty ? 0 : stride_of(band->x1 - band->x0);
                if (base) band->samples = base + at;
                if (!is_empty) at += (uint64_t)band->stride * (band->y1 - band->y0) * 4;
            }
    return at;
}

/* Bytes of the largest level that is made on the way, of any component. */
static uint64_t level_nbytes(const dcm_j2k_tile *t, uint32_t reduce) {
    uint64_t most = 0;
    for (uint32_t i = 0; i < t->nsamples; i++)
        for (uint32_t r = 1; r + reduce + 1 < t->components[i].nresolutions; r++) {
            const dcm_j2k_resolution *const level = &t->components[i].resolutions[r];
            const uint64_t n = (uint64_t)stride_of(width_of(level)) * nrows_of(level) * 4;
            most = n > most ? n : most;
        }
    return most;
}

/* ---- code-blocks ---- */

/* All blocks that are decoded, in the order in which they stand. */
static bool list_runs(dcm_j2k *d, uint32_t reduce) {
    const dcm_j2k_tile *const t = &d->tile;
    d->nruns = 0;
    for (uint32_t i = 0; i < t->nprecincts; i++) {
        const dcm_j2k_precinct *const p = &t->precincts[i];
        const dcm_j2k_component *const c = &t->components[p->component];
        if (p->resolution + reduce >= c->nresolutions) continue;
        if (!dcm_j2k_grow(&d->runs, d->nruns + 3u, sizeof *d->runs, &d->runs_capacity)) return false;
        for (uint32_t b = 0; b < c->resolutions[p->resolution].nbands; b++) {
            const dcm_j2k_cell *const cell = &p->cells[b];
            const uint32_t n = cell->ncolumns * cell->nrows;
            if (n)
                d->runs[d->nruns++] =
                    (run){cell->first_block, cell->first_block + n, &c->resolutions[p->resolution].bands[b]};
        }
    }
    return true;
}

typedef struct block_work {
    job *j;
    worker *w;
} block_work;

static void decode_blocks(void *context) {
    const block_work *const work = context;
    job *const j = work->j;
    const dcm_j2k_tile *const t = &j->d->tile;
    const run *r = j->d->runs, *const end = r + j->d->nruns;
    for (;;) {
        const uint32_t i = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed);
        while (r < end && i >= r->end_block)
            r++;
        if (r == end) return;
        if (i < r->first_block) continue;
        const dcm_j2k_block *const block = &t->blocks[i];
        uint8_t *const out =
            (uint8_t *)r->band->samples + ((uint64_t)block->y * r->band->stride + block->x) * 4;
        if (!dcm_j2k_decode_block(work->w->coder, &r->band->coding, block, t->pieces, work->w->buffer.p, out,
                                  r->band->stride))
            atomic_store_explicit(&j->damaged, true, memory_order_relaxed);
    }
}

/* Each thread has a guard of its own. */
static void block_worker(void *context, uint32_t index) {
    job *const j = context;
    block_work work = {j, &j->d->workers[index]};
    if (!dcm_guarded(decode_blocks, &work)) atomic_store(&j->changed, true);
}

/* ---- levels and samples ---- */

static void set_level(dcm_j2k_level *out, const dcm_j2k_component *c, uint32_t r, const void *ll,
                      uint64_t ll_stride) {
    const dcm_j2k_resolution *const to = &c->resolutions[r];
    *out =
        (dcm_j2k_level){.x0 = to->x0, .y0 = to->y0, .x1 = to->x1, .y1 = to->y1, .reversible = c->reversible};
    out->is_plain = r == 0;
    out->bands[0] = ll, out->strides[0] = ll_stride;
    for (uint32_t b = 0; b < 3 && r; b++)
        out->bands[b + 1] = to->bands[b].samples, out->strides[b + 1] = to->bands[b].stride;
}

/* The rows of a strip. */
static void strip_of(const job *j, uint32_t strip, uint32_t *begin, uint32_t *end) {
    const uint64_t n = j->end - j->begin;
    *begin = j->begin + (uint32_t)(n * strip / j->nstrips);
    *end = j->begin + (uint32_t)(n * (strip + 1) / j->nstrips);
}

/* A level of one component that is made on the way. */
static void level_worker(void *context, uint32_t index) {
    job *const j = context;
    for (uint32_t i; (i = atomic_fetch_add(&j->next, 1)) < j->nstrips;) {
        uint32_t begin, end;
        dcm_j2k_lines lines;
        strip_of(j, i, &begin, &end);
        dcm_j2k_lines_open(&lines, &j->levels[0], begin, end, j->d->workers[index].scratch.p, j->targets[0],
                           j->strides[0]);
        dcm_j2k_lines_row(&lines, end - 1);
    }
}

/* The last level of all components, and the samples. */
static void sample_worker(void *context, uint32_t index) {
    job *const j = context;
    const dcm_j2k_output *const o = &j->output;
    const uint32_t width = j->levels[0].x1 - j->levels[0].x0, pixel = o->samples * o->sample_nbytes;
    const uint64_t row_nbytes = (uint64_t)j->request->columns * pixel,
                   lines_nbytes = dcm_j2k_lines_nbytes(width);
    const bool is_whole = j->left == 0 && j->right == width;
    uint8_t *const scratch = j->d->workers[index].scratch.p,
                   *const rest = scratch + o->samples * lines_nbytes,
                   *const row = rest + (uint64_t)stride_of(width) * o->samples * 4;
    for (uint32_t i; (i = atomic_fetch_add(&j->next, 1)) < j->nstrips;) {
        uint32_t begin, end;
        dcm_j2k_lines lines[DCM_J2K_MAX_SAMPLES];
        strip_of(j, i, &begin, &end);
        for (uint32_t k = 0; k < o->samples; k++)
            dcm_j2k_lines_open(&lines[k], &j->levels[k], begin, end, scratch + k * lines_nbytes, NULL, 0);
        for (uint32_t y = begin; y < end; y++) {
            const void *rows[DCM_J2K_MAX_SAMPLES];
            uint8_t *const to = j->first + (y - j->begin) * row_nbytes;
            for (uint32_t k = 0; k < o->samples; k++)
                rows[k] = dcm_j2k_lines_row(&lines[k], y);
            dcm_j2k_output_row(o, rows, width, rest, is_whole ? to : row);
            if (!is_whole) memcpy(to, row + j->left * pixel, (uint64_t)(j->right - j->left) * pixel);
        }
    }
}

static uint32_t nthreads_of(const dcm_j2k_request *q) {
    return q->nthreads > MAX_NTHREADS ? MAX_NTHREADS : q->nthreads ? q->nthreads : 1;
}

static void run_strips(job *j, void (*work)(void *, uint32_t), uint32_t width) {
    const uint32_t nrows = j->end - j->begin, most = nrows / MIN_STRIP_NROWS,
                   nthreads = nthreads_of(j->request);
    const bool is_split = nthreads > 1 && most > 1 && (uint64_t)nrows * width >= MIN_SPLIT_NSAMPLES;
    j->nstrips = is_split ? (most < nthreads ? most : nthreads) : 1;
    atomic_store(&j->next, 0);
    dcm_run_workers(j->nstrips, work, j);
}

/* Make the levels below the last of a component, in turns in two places of memory, so that the one before the
   last is in `own`; gives the last one. */
static void make_levels(job *j, uint32_t component, uint32_t last, uint8_t *own, uint8_t *shared,
                        dcm_j2k_level *out) {
    const dcm_j2k_component *const c = &j->d->tile.components[component];
    const void *ll = c->resolutions[0].bands[0].samples;
    uint64_t ll_stride = c->resolutions[0].bands[0].stride;
    for (uint32_t r = 1; r < last; r++) {
        const uint32_t width = width_of(&c->resolutions[r]), nrows = nrows_of(&c->resolutions[r]);
        uint8_t *const place = (last - r) % 2 ? own : shared;
        set_level(&j->levels[0], c, r, ll, ll_stride);
        j->targets[0] = place, j->strides[0] = stride_of(width);
        j->begin = 0, j->end = nrows;
        if (width && nrows) run_strips(j, level_worker, width);
        ll = place, ll_stride = stride_of(width);
    }
    set_level(out, c, last, ll, ll_stride);
}

/* ---- tiles ---- */

static uint64_t reduced(uint64_t v, uint32_t reduce) {
    return (v + (UINT64_C(1) << reduce) - 1) >> reduce;
}

/* What of a tile is wanted: its rows and columns that are in the region. False if there are none. */
static bool meet(job *j, uint32_t tile) {
    const dcm_j2k_stream *const s = &j->d->stream;
    const dcm_j2k_request *const q = j->request;
    const dcm_j2k_area area = dcm_j2k_tile_area(s, tile);
    const uint64_t x0 = reduced(area.x0, q->reduce), x1 = reduced(area.x1, q->reduce),
                   y0 = reduced(area.y0, q->reduce), y1 = reduced(area.y1, q->reduce);
    const uint64_t left = reduced(s->x0, q->reduce) + q->x, top = reduced(s->y0, q->reduce) + q->y,
                   right = left + q->columns, bottom = top + q->rows;
    if (x0 >= x1 || y0 >= y1 || x1 <= left || x0 >= right || y1 <= top || y0 >= bottom) return false;
    j->left = (uint32_t)(x0 < left ? left - x0 : 0);
    j->right = (uint32_t)((x1 < right ? x1 : right) - x0);
    j->begin = (uint32_t)(y0 < top ? top - y0 : 0);
    j->end = (uint32_t)((y1 < bottom ? y1 : bottom) - y0);
    j->first =
        j->out + ((y0 + j->begin - top) * q->columns + (x0 + j->left - left)) * q->samples * q->sample_nbytes;
    return true;
}

static bool prepare_workers(dcm_j2k *d, const dcm_j2k_request *q, uint32_t width) {
    const uint32_t n = nthreads_of(q);
    const uint64_t scratch = q->samples * (dcm_j2k_lines_nbytes(width) + (uint64_t)stride_of(width) * 8);
    for (uint32_t i = 0; i < n; i++) {
        worker *const w = &d->workers[i];
        if (i >= d->nworkers) d->nworkers = i + 1;
        if (!w->coder) w->coder = dcm_j2k_coder_new();
        if (!w->coder || !reserve(&w->buffer, dcm_j2k_buffer_nbytes(d->tile.max_block_nbytes)) ||
            !reserve(&w->scratch, scratch))
            return false;
    }
    return true;
}

static bool set_output(dcm_j2k *d, const dcm_j2k_request *q, dcm_j2k_output *o) {
    const dcm_j2k_tile *const t = &d->tile;
    *o = (dcm_j2k_output){.samples = q->samples, .sample_nbytes = q->sample_nbytes};
    o->mct = t->parameters.mct && q->samples >= 3;
    for (uint32_t i = 0; i < q->samples; i++) {
        o->reversible[i] = t->components[i].reversible;
        o->is_signed[i] = d->stream.is_signed[i];
        o->precision[i] = d->stream.precision[i];
        if (o->mct && i < 3 && o->reversible[i] != o->reversible[0])
            return dcm_j2k_refuse(&d->stream, DCM_J2K_SEGMENT, 0);
        if (q->reduce >= t->components[i].nresolutions) return dcm_j2k_refuse(&d->stream, DCM_J2K_REDUCED, 0);
    }
    return true;
}

/* Put the scaling of all 9/7 transforms into the steps of the bands: it is linear, so that of a level holds
   for all that its LL band is made of. §F.3.8.2 */
static void scale_steps(dcm_j2k_component *c, uint32_t last) {
    float scale = 1;
    for (uint32_t i = last + 1; i-- > 0;) {
        dcm_j2k_resolution *const r = &c->resolutions[i];
        const bool is_wide = width_of(r) > 1, is_high = nrows_of(r) > 1;
        for (uint32_t b = 0; b < r->nbands; b++) {
            const uint32_t orientation = r->bands[b].coding.orientation;
            float own = scale;
            if (i && is_wide) own *= orientation & 1 ? 1 / DCM_J2K_K : DCM_J2K_K;
            if (i && is_high) own *= orientation & 2 ? 1 / DCM_J2K_K : DCM_J2K_K;
            r->bands[b].coding.step *= own;
        }
        if (is_wide) scale *= DCM_J2K_K;
        if (is_high) scale *= DCM_J2K_K;
    }
}

/* Lay a tile out. One whose own headers cannot be is taken as one that is not there. */
static dcm_status open_tile(dcm_j2k *d, uint32_t tile, bool *is_there) {
    dcm_j2k_stream *const s = &d->stream;
    *is_there = s->first_parts[tile] != DCM_J2K_NO_PART;
    const dcm_status status = dcm_j2k_tile_open(&d->tile, s, tile);
    const bool is_only = s->tile_ncolumns * s->tile_nrows == 1;
    if (status != DCM_E_ENCODED || s->fault == DCM_J2K_UNSUPPORTED || is_only || !*is_there) return status;
    s->first_parts[tile] = DCM_J2K_NO_PART;
    *is_there = false;
    return dcm_j2k_tile_open(&d->tile, s, tile);
}

static dcm_status decode_tile(dcm_j2k *d, const dcm_j2k_request *q, uint32_t tile, uint8_t *out,
                              uint32_t *notes) {
    job j = {.d = d, .request = q, .out = out};
    dcm_j2k_tile *const t = &d->tile;
    bool is_there, is_whole;
    if (!meet(&j, tile)) return DCM_OK;
    dcm_status status = open_tile(d, tile, &is_there);
    if (status != DCM_OK) return status;
    if (!set_output(d, q, &j.output)) return DCM_E_ENCODED;
    const uint32_t last = t->components[0].nresolutions - 1 - q->reduce;
    const dcm_j2k_resolution *const r = &t->components[0].resolutions[last];
    status = dcm_j2k_tile_read(t, &d->stream, tile, q->reduce, q->layers, &is_whole);
    if (status != DCM_OK) return status;
    const uint64_t bands_nbytes = place_bands(t, q->reduce, NULL), nbytes = level_nbytes(t, q->reduce);
    if (!list_runs(d, q->reduce) || !reserve(&d->planes, bands_nbytes + (q->samples + 1) * nbytes) ||
        !prepare_workers(d, q, width_of(r)))
        return DCM_E_NO_MEMORY;
    place_bands(t, q->reduce, d->planes.p);
    for (uint32_t i = 0; i < q->samples; i++)
        if (!t->components[i].reversible)
            scale_steps(&t->components[i], t->components[i].nresolutions - 1 - q->reduce);
    dcm_run_workers(nthreads_of(q), block_worker, &j);
    if (atomic_load(&j.changed)) return DCM_E_CHANGED;
    if (!is_there || !is_whole || atomic_load(&j.damaged)) *notes |= DCM_J2K_SHORT;
    dcm_j2k_level levels[DCM_J2K_MAX_SAMPLES];
    const uint32_t begin = j.begin, end = j.end;
    for (uint32_t i = 0; i < q->samples; i++)
        make_levels(&j, i, t->components[i].nresolutions - 1 - q->reduce,
                    d->planes.p + bands_nbytes + (i + 1) * nbytes, d->planes.p + bands_nbytes, &levels[i]);
    memcpy(j.levels, levels, sizeof levels);
    j.begin = begin, j.end = end;
    run_strips(&j, sample_worker, width_of(r));
    return DCM_OK;
}

/* Hold the request against the main header. */
static bool check_sizes(dcm_j2k_stream *s, const dcm_j2k_request *q) {
    const uint64_t columns = reduced(s->x1, q->reduce) - reduced(s->x0, q->reduce),
                   rows = reduced(s->y1, q->reduce) - reduced(s->y0, q->reduce);
    bool fits = s->samples == q->samples;
    if (q->is_region)
        fits = fits && (uint64_t)q->x + q->columns <= columns && (uint64_t)q->y + q->rows <= rows;
    else
        fits = fits && q->columns == columns && q->rows == rows;
    for (uint32_t i = 0; i < s->samples; i++)
        fits = fits && s->is_signed[i] == q->is_signed && s->precision[i] <= 8 * q->sample_nbytes;
    return fits || dcm_j2k_refuse(s, DCM_J2K_SIZES, 0);
}

dcm_status dcm_j2k_decode(dcm_j2k *d, const dcm_j2k_request *request, const uint8_t *in, uint64_t in_nbytes,
                          uint8_t *out, uint64_t out_nbytes, uint32_t *notes) {
    dcm_j2k_request q = *request;
    *notes = 0;
    if (!q.is_region) q.x = q.y = 0;
    if (q.samples < 1 || q.samples > DCM_J2K_MAX_SAMPLES || q.sample_nbytes < 1 || q.sample_nbytes > 2 ||
        q.rows == 0 || q.columns == 0 || q.reduce > DCM_J2K_MAX_LEVELS || q.rows > INT32_MAX ||
        q.columns > INT32_MAX || out_nbytes / q.samples / q.sample_nbytes / q.columns != q.rows ||
        out_nbytes != (uint64_t)q.rows * q.columns * q.samples * q.sample_nbytes)
        return DCM_E_RANGE;
    if (in_nbytes > UINT32_MAX) { /* lengths and offsets of blocks have 32 bits */
        dcm_j2k_refuse(&d->stream, DCM_J2K_UNSUPPORTED, 0);
        return DCM_E_ENCODED;
    }
    dcm_status status = dcm_j2k_stream_read(&d->stream, in, in_nbytes);
    if (status != DCM_OK) return status;
    if (!check_sizes(&d->stream, &q)) return DCM_E_ENCODED;
    if (d->stream.is_short) *notes |= DCM_J2K_SHORT;
    const uint32_t ntiles = d->stream.tile_ncolumns * d->stream.tile_nrows;
    for (uint32_t i = 0; i < ntiles && status == DCM_OK; i++)
        status = decode_tile(d, &q, i, out, notes);
    return status;
}
