/* JPEG 2000: how a tile is divided. ITU-T T.800 §B.5 to §B.7, Annex E. */
#include "j2k_tile.h"

#include <math.h>
#include <stdlib.h>

static uint32_t shift_up(uint64_t v, uint32_t n) { /* rounded up */
    return (uint32_t)((v + (UINT64_C(1) << n) - 1) >> n);
}

/* A coordinate on the grid of a band: B-15. `high` is 1 where it is high-pass in this direction. */
static uint32_t on_band(uint32_t v, uint32_t level, uint32_t high) {
    const uint64_t half = level ? (uint64_t)high << (level - 1) : 0;
    return v > half ? shift_up(v - half, level) : 0;
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* Exponent and mantissa of a band's step: Equations E-2 to E-5. */
static bool set_coding(const dcm_j2k_parameters *p, uint32_t component, uint32_t resolution,
                       uint32_t orientation, uint32_t precision, dcm_j2k_coding *out) {
    const dcm_j2k_style *const style = &p->styles[component];
    const dcm_j2k_steps *const steps = &p->steps[component];
    const uint32_t index = resolution ? 3 * (resolution - 1) + orientation : 0;
    uint32_t step = steps->steps[0];
    if (steps->style != 1) {
        if (index >= steps->nsteps) return false;
        step = steps->steps[index];
    }
    uint32_t exponent = step >> 11;
    if (steps->style == 1 && resolution) /* derived: E-5 */
        exponent = exponent > resolution - 1 ? exponent - (resolution - 1) : 0;
    static const uint8_t gains[4] = {0, 1, 1, 2}; /* Table E.1 */
    out->style = style->block_style;
    out->orientation = (uint8_t)orientation;
    out->reversible = style->reversible;
    const uint32_t nplanes = exponent + steps->guard;
    out->nplanes = (uint8_t)(nplanes ? nplanes - 1 : 0);
    out->step = 1;
    if (!style->reversible) {
        const float mantissa = steps->style ? 1 + (float)(step & 0x7FF) / 2048 : 1;
        out->step = ldexpf(mantissa, (int)(precision + gains[orientation]) - (int)exponent);
    }
    return true;
}

static uint32_t tree_nnodes(uint32_t ncolumns, uint32_t nrows) {
    uint32_t n = 0;
    while (ncolumns && nrows) {
        n += ncolumns * nrows;
        if (ncolumns == 1 && nrows == 1) break;
        ncolumns = (ncolumns + 1) / 2, nrows = (nrows + 1) / 2;
    }
    return n;
}

/* The blocks of a band that are in one cell of the precincts' partition, from (x0, y0) up to (x1, y1). §B.7
 */
static bool add_cell(dcm_j2k_tile *t, const dcm_j2k_band *band, uint32_t x0, uint32_t y0, uint32_t x1,
                     uint32_t y1, uint32_t width_log2, uint32_t height_log2, dcm_j2k_cell *cell) {
    cell->first_block = t->nblocks;
    cell->ncolumns = cell->nrows = 0;
    if (x0 >= x1 || y0 >= y1) return true;
    const uint32_t column = x0 >> width_log2, row = y0 >> height_log2;
    cell->ncolumns = ((x1 - 1) >> width_log2) - column + 1;
    cell->nrows = ((y1 - 1) >> height_log2) - row + 1;
    const uint64_t nblocks = (uint64_t)cell->ncolumns * cell->nrows;
    if (nblocks > UINT32_MAX / 4 ||
        !dcm_j2k_grow(&t->blocks, t->nblocks + nblocks, sizeof *t->blocks, &t->blocks_capacity))
        return false;
    for (uint32_t r = row; r < row + cell->nrows; r++)
        for (uint32_t c = column; c < column + cell->ncolumns; c++) {
            const uint32_t bx = larger(c << width_log2, x0), by = larger(r << height_log2, y0);
            const uint64_t ex = ((uint64_t)c + 1) << width_log2, ey = ((uint64_t)r + 1) << height_log2;
            t->blocks[t->nblocks++] = (dcm_j2k_block){.x = bx - band->x0,
                                                      .y = by - band->y0,
                                                      .width = (uint16_t)((ex < x1 ? ex : x1) - bx),
                                                      .height = (uint16_t)((ey < y1 ? ey : y1) - by),
                                                      .first_piece = DCM_J2K_NO_PIECE};
        }
    const uint32_t nnodes = tree_nnodes(cell->ncolumns, cell->nrows);
    if (!dcm_j2k_grow(&t->nodes, (uint64_t)t->nnodes + 2 * (uint64_t)nnodes, sizeof *t->nodes,
                      &t->nodes_capacity))
        return false;
    cell->included = t->nnodes, cell->zero_planes = t->nnodes + nnodes;
    for (uint32_t i = 0; i < 2 * nnodes; i++)
        t->nodes[t->nnodes++] = (dcm_j2k_node){0, UINT16_MAX};
    return true;
}

/* §B.6 */
static bool add_precincts(dcm_j2k_tile *t, uint32_t component, uint32_t resolution,
                          const dcm_j2k_style *style) {
    dcm_j2k_resolution *const r = &t->components[component].resolutions[resolution];
    const uint32_t px = style->precincts[resolution] & 15u, py = style->precincts[resolution] >> 4;
    const uint32_t halved = resolution ? 1 : 0; /* precincts are told on the grid of the resolution */
    const uint32_t width_log2 = smaller(style->block_width_log2, px - halved),
                   height_log2 = smaller(style->block_height_log2, py - halved);
    r->first_precinct = t->nprecincts;
    for (uint32_t row = 0; row < r->nprecinct_rows; row++)
        for (uint32_t column = 0; column < r->nprecinct_columns; column++) {
            if (!dcm_j2k_grow(&t->precincts, t->nprecincts + 1u, sizeof *t->precincts,
                              &t->precincts_capacity))
                return false;
            dcm_j2k_precinct *const p = &t->precincts[t->nprecincts++];
            *p = (dcm_j2k_precinct){.component = (uint8_t)component, .resolution = (uint8_t)resolution};
            const uint64_t cx = (r->x0 >> px) + (uint64_t)column, cy = (r->y0 >> py) + (uint64_t)row;
            for (uint32_t b = 0; b < r->nbands; b++) {
                const dcm_j2k_band *const band = &r->bands[b];
                const uint64_t x0 = cx << (px - halved), x1 = (cx + 1) << (px - halved);
                const uint64_t y0 = cy << (py - halved), y1 = (cy + 1) << (py - halved);
                if (!add_cell(t, band, x0 > band->x0 ? (uint32_t)x0 : band->x0,
                              y0 > band->y0 ? (uint32_t)y0 : band->y0,
                              x1 < band->x1 ? (uint32_t)x1 : band->x1,
                              y1 < band->y1 ? (uint32_t)y1 : band->y1, width_log2, height_log2, &p->cells[b]))
                    return false;
            }
        }
    return true;
}

/* Sizes of a resolution and its bands, and how many precincts it has. False if its quantisation is not told.
 */
static bool set_resolution(dcm_j2k_tile *t, const dcm_j2k_stream *s, uint32_t component, uint32_t index) {
    const dcm_j2k_style *const style = &t->parameters.styles[component];
    dcm_j2k_component *const c = &t->components[component];
    dcm_j2k_resolution *const r = &c->resolutions[index];
    const uint32_t up = style->levels - index, level = index ? up + 1 : up;
    r->x0 = shift_up(c->x0, up), r->x1 = shift_up(c->x1, up);
    r->y0 = shift_up(c->y0, up), r->y1 = shift_up(c->y1, up);
    r->nbands = index ? 3 : 1;
    for (uint32_t b = 0; b < r->nbands; b++) {
        dcm_j2k_band *const band = &r->bands[b];
        const uint32_t orientation = index ? b + 1 : 0;
        band->x0 = on_band(c->x0, level, orientation & 1), band->x1 = on_band(c->x1, level, orientation & 1);
        band->y0 = on_band(c->y0, level, orientation >> 1),
        band->y1 = on_band(c->y1, level, orientation >> 1);
        band->samples = NULL, band->stride = 0;
        if (!set_coding(&t->parameters, component, index, orientation, s->precision[component],
                        &band->coding))
            return false;
    }
    const uint32_t px = style->precincts[index] & 15u, py = style->precincts[index] >> 4;
    const bool is_empty = r->x0 >= r->x1 || r->y0 >= r->y1;
    r->nprecinct_columns = is_empty ? 0 : ((r->x1 - 1) >> px) - (r->x0 >> px) + 1;
    r->nprecinct_rows = is_empty ? 0 : ((r->y1 - 1) >> py) - (r->y0 >> py) + 1;
    return true;
}

dcm_j2k_area dcm_j2k_tile_area(const dcm_j2k_stream *s, uint32_t tile) {
    const uint64_t x = s->tile_x0 + (uint64_t)(tile % s->tile_ncolumns) * s->tile_width,
                   y = s->tile_y0 + (uint64_t)(tile / s->tile_ncolumns) * s->tile_height;
    const uint64_t right = x + s->tile_width, bottom = y + s->tile_height;
    return (dcm_j2k_area){.x0 = x > s->x0 ? (uint32_t)x : s->x0,
                          .y0 = y > s->y0 ? (uint32_t)y : s->y0,
                          .x1 = right < s->x1 ? (uint32_t)right : s->x1,
                          .y1 = bottom < s->y1 ? (uint32_t)bottom : s->y1};
}

dcm_status dcm_j2k_tile_open(dcm_j2k_tile *t, dcm_j2k_stream *s, uint32_t tile) {
    if (!dcm_j2k_tile_parameters(s, tile, &t->parameters)) return DCM_E_ENCODED;
    const dcm_j2k_area area = dcm_j2k_tile_area(s, tile);
    t->nsamples = s->samples;
    t->nprecincts = t->nblocks = t->npieces = t->nnodes = 0;
    uint64_t nprecincts = 0;
    for (uint32_t i = 0; i < s->samples; i++) {
        dcm_j2k_component *const c = &t->components[i];
        c->x0 = area.x0, c->x1 = area.x1, c->y0 = area.y0, c->y1 = area.y1;
        c->nresolutions = t->parameters.styles[i].levels + 1u;
        c->reversible = t->parameters.styles[i].reversible;
        for (uint32_t r = 0; r < c->nresolutions; r++) {
            if (!set_resolution(t, s, i, r)) {
                dcm_j2k_refuse(s, DCM_J2K_SEGMENT, 0);
                return DCM_E_ENCODED;
            }
            nprecincts += (uint64_t)c->resolutions[r].nprecinct_columns * c->resolutions[r].nprecinct_rows;
        }
    }
    /* each has a packet of a byte or more */
    if (nprecincts > s->in_nbytes + UINT16_MAX) {
        dcm_j2k_refuse(s, DCM_J2K_SEGMENT, 0);
        return DCM_E_ENCODED;
    }
    for (uint32_t i = 0; i < s->samples; i++)
        for (uint32_t r = 0; r < t->components[i].nresolutions; r++)
            if (!add_precincts(t, i, r, &t->parameters.styles[i])) return DCM_E_NO_MEMORY;
    return DCM_OK;
}

void dcm_j2k_tile_free(dcm_j2k_tile *t) {
    free(t->precincts);
    free(t->blocks);
    free(t->pieces);
    free(t->nodes);
    free(t->places);
    free(t->headers);
}
