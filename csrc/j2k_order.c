/* JPEG 2000: packets in the order of their progressions. ITU-T T.800 §B.12.

   Where a progression goes by position, precincts are sorted by the place on the reference grid where it
   meets them, so that there is no step without a precinct. Packets that a progression has sent are not sent
   again: each precinct knows its next layer. So the steps that find nothing to do are no more than the
   packets before, times the progressions. */
#include "j2k_tile.h"

#include <stdlib.h>

enum { LRCP, RLCP, RPCL, PCRL, CPRL };

/* Reading a tile. */
typedef struct walk {
    dcm_j2k_tile *t;
    dcm_j2k_packets from;
    uint32_t end_resolutions[DCM_J2K_MAX_SAMPLES]; /* those from there on are not wanted */
    uint32_t end_layer;
} walk;

/* Where on the reference grid a progression meets a row or column of precincts. */
static uint64_t met_at(uint32_t resolution_0, uint32_t index, uint32_t size_log2, uint32_t up,
                       uint32_t tile_0) {
    const uint64_t start = (((uint64_t)(resolution_0 >> size_log2) + index) << size_log2) << up;
    return start > tile_0 ? start : tile_0;
}

/* Order keys of a precinct: (y, x) are less than 2^32 each, so they fit beside the numbers that stand before
 * or behind. */
static dcm_j2k_place place_of(const dcm_j2k_tile *t, uint32_t index, uint32_t order) {
    const dcm_j2k_precinct *const p = &t->precincts[index];
    const dcm_j2k_component *const c = &t->components[p->component];
    const dcm_j2k_resolution *const r = &c->resolutions[p->resolution];
    const uint32_t up = c->nresolutions - 1 - p->resolution,
                   sizes = t->parameters.styles[p->component].precincts[p->resolution];
    const uint32_t n = index - r->first_precinct;
    const uint64_t y = met_at(r->y0, n / r->nprecinct_columns, sizes >> 4, up, c->y0),
                   x = met_at(r->x0, n % r->nprecinct_columns, sizes & 15u, up, c->x0);
    const uint64_t component = p->component, resolution = p->resolution;
    dcm_j2k_place place = {.precinct = index};
    switch (order) {
    case RPCL:
        place.major = resolution << 32 | y, place.minor = x << 32 | component;
        break;
    case PCRL:
        place.major = y << 32 | x, place.minor = component << 32 | resolution;
        break;
    case CPRL:
        place.major = component << 32 | y, place.minor = x << 32 | resolution;
        break;
    default:
        place.major = resolution << 32 | component;
        break;
    }
    return place;
}

static int compare(const void *a, const void *b) {
    const dcm_j2k_place *const p = a, *const q = b;
    if (p->major != q->major) return p->major < q->major ? -1 : 1;
    if (p->minor != q->minor) return p->minor < q->minor ? -1 : 1;
    return p->precinct < q->precinct ? -1 : p->precinct > q->precinct;
}

/* The precincts of a progression that still lack one of its layers, in its order; gives their number. False
   without memory. */
static bool set_places(dcm_j2k_tile *t, const dcm_j2k_progression *g, uint32_t end_layer, uint32_t *n) {
    *n = 0;
    if (!dcm_j2k_grow(&t->places, t->nprecincts, sizeof *t->places, &t->places_capacity)) return false;
    for (uint32_t i = 0; i < t->nprecincts; i++) {
        const dcm_j2k_precinct *const p = &t->precincts[i];
        if (p->component >= g->first_component && p->component < g->end_component &&
            p->resolution >= g->first_resolution && p->resolution < g->end_resolution &&
            p->next_layer < end_layer)
            t->places[(*n)++] = place_of(t, i, g->order);
    }
    qsort(t->places, *n, sizeof *t->places, compare);
    return true;
}

/* Go on to the next tile-part that has bytes. */
static void find_part(walk *w) {
    dcm_j2k_packets *const from = &w->from;
    while (from->p == from->end && from->next_part != DCM_J2K_NO_PART) {
        const dcm_j2k_part *const part = &from->s->parts[from->next_part];
        from->p = from->s->in + part->data;
        from->end = from->s->in + part->end;
        from->next_part = part->next;
    }
}

/* The packet of a layer of a precinct, if it is its turn. */
static dcm_status send(walk *w, uint32_t place, uint32_t layer) {
    dcm_j2k_precinct *const p = &w->t->precincts[w->t->places[place].precinct];
    if (p->next_layer != layer) return DCM_OK;
    find_part(w);
    const bool wanted = p->resolution < w->end_resolutions[p->component] && layer < w->end_layer;
    return dcm_j2k_packet_read(w->t, &w->from, p, wanted);
}

/* Layers of places from `first` up to `end`, all of them in a layer before the next. */
static dcm_status send_by_layer(walk *w, uint32_t first, uint32_t end, uint32_t end_layer) {
    uint32_t layer = end_layer;
    for (uint32_t i = first; i < end; i++) {
        const uint32_t next = w->t->precincts[w->t->places[i].precinct].next_layer;
        layer = next < layer ? next : layer;
    }
    dcm_status status = DCM_OK;
    for (; layer < end_layer && status == DCM_OK; layer++)
        for (uint32_t i = first; i < end && status == DCM_OK; i++)
            status = send(w, i, layer);
    return status;
}

static dcm_status send_progression(walk *w, const dcm_j2k_progression *g) {
    dcm_j2k_tile *const t = w->t;
    const uint32_t end_layer = g->end_layer < t->parameters.layers ? g->end_layer : t->parameters.layers;
    uint32_t n;
    if (!set_places(t, g, end_layer, &n)) return DCM_E_NO_MEMORY;
    if (g->order == LRCP) return send_by_layer(w, 0, n, end_layer);
    dcm_status status = DCM_OK;
    for (uint32_t i = 0, next; i < n && status == DCM_OK; i = next) {
        next = i + 1;
        while (g->order == RLCP && next < n && t->places[next].major >> 32 == t->places[i].major >> 32)
            next++;
        status = send_by_layer(w, i, next, end_layer);
    }
    return status;
}

/* Put the PPT segments of all tile-parts together. §A.7.5 */
static dcm_status join_headers(dcm_j2k_tile *t, const dcm_j2k_stream *s, uint32_t tile, uint64_t *nbytes,
                               bool *any) {
    *nbytes = 0, *any = s->has_packed_headers;
    for (uint32_t k = s->first_parts[tile]; k != DCM_J2K_NO_PART; k = s->parts[k].next) {
        dcm_j2k_headers headers[DCM_J2K_MAX_NPACKED + 1]; /* PPM's, then PPT's by their numbers */
        const uint32_t n = dcm_j2k_packed_headers(s, &s->parts[k], headers);
        for (uint32_t i = 0; i < n; i++) {
            if (!dcm_j2k_grow(&t->headers, *nbytes + headers[i].nbytes, 1, &t->headers_capacity))
                return DCM_E_NO_MEMORY;
            memcpy(t->headers + *nbytes, headers[i].bytes, headers[i].nbytes);
            *nbytes += headers[i].nbytes;
        }
        *any = *any || n;
    }
    return DCM_OK;
}

dcm_status dcm_j2k_tile_read(dcm_j2k_tile *t, const dcm_j2k_stream *s, uint32_t tile, uint32_t reduce,
                             uint32_t layers, bool *whole) {
    walk w = {.t = t, .end_layer = layers ? layers : UINT32_MAX};
    uint64_t nbytes;
    dcm_status status = join_headers(t, s, tile, &nbytes, &w.from.packed);
    if (status != DCM_OK) return status;
    w.from.s = s;
    w.from.p = w.from.end = s->in;
    w.from.header = t->headers, w.from.header_end = nbytes ? t->headers + nbytes : t->headers;
    w.from.next_part = s->first_parts[tile];
    for (uint32_t i = 0; i < t->nsamples; i++)
        w.end_resolutions[i] =
            t->components[i].nresolutions > reduce ? t->components[i].nresolutions - reduce : 0;
    t->max_block_nbytes = 0;
    for (uint32_t i = 0; i < t->parameters.nprogressions && status == DCM_OK; i++)
        status = send_progression(&w, &t->parameters.progressions[i]);
    *whole = status == DCM_OK;
    return status == DCM_E_NO_MEMORY ? status : DCM_OK;
}
