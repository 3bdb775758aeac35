/* JPEG 2000: a tile: its components, resolutions, bands, precincts and code-blocks, and what packets bring of
   them. ITU-T T.800 Annex B. */
#ifndef DCM_J2K_TILE_H
#define DCM_J2K_TILE_H

#include "j2k_block.h"
#include "j2k_stream.h"

typedef struct dcm_j2k_band {
    uint32_t x0, y0, x1, y1; /* on the band's own grid: B-15 */
    dcm_j2k_coding coding;
    void *samples;   /* the caller's: where the first one stands, 4 bytes each */
    uint32_t stride; /* samples from a row to the next */
} dcm_j2k_band;

typedef struct dcm_j2k_resolution {
    uint32_t x0, y0, x1, y1; /* on its own grid: B-14 */
    uint32_t nbands;         /* 1 of the lowest, else 3 */
    dcm_j2k_band bands[3];
    uint32_t first_precinct;
    uint32_t nprecinct_columns, nprecinct_rows;
} dcm_j2k_resolution;

typedef struct dcm_j2k_component {
    uint32_t x0, y0, x1, y1; /* of the tile on the reference grid */
    uint32_t nresolutions;   /* levels + 1 */
    bool reversible;
    dcm_j2k_resolution resolutions[DCM_J2K_MAX_LEVELS + 1];
} dcm_j2k_component;

/* Blocks of a band that are in a precinct, and their tag trees. */
typedef struct dcm_j2k_cell {
    uint32_t first_block;
    uint32_t ncolumns, nrows;
    uint32_t included, zero_planes; /* first nodes of the trees: §B.10.2 */
} dcm_j2k_cell;

typedef struct dcm_j2k_precinct {
    uint32_t next_layer; /* that no packet has brought yet */
    uint8_t component, resolution;
    dcm_j2k_cell cells[3];
} dcm_j2k_precinct;

/* A node of a tag tree: what it is known to be at least, and what it is. */
typedef struct dcm_j2k_node {
    uint16_t low, value;
} dcm_j2k_node;

/* A place in a progression. */
typedef struct dcm_j2k_place {
    uint64_t major, minor; /* order of precincts */
    uint32_t precinct;
} dcm_j2k_place;

/* A tile, and memory that is kept for the next. Zero at first. */
typedef struct dcm_j2k_tile {
    uint32_t nsamples;
    dcm_j2k_component components[DCM_J2K_MAX_SAMPLES];
    dcm_j2k_parameters parameters;
    dcm_j2k_precinct *precincts;
    dcm_j2k_block *blocks;
    dcm_j2k_piece *pieces;
    dcm_j2k_node *nodes;
    dcm_j2k_place *places;
    uint8_t *headers; /* packed packet headers, put together */
    uint32_t nprecincts, nblocks, npieces, nnodes;
    uint32_t precincts_capacity, blocks_capacity, pieces_capacity, nodes_capacity, places_capacity,
        headers_capacity;
    uint64_t max_block_nbytes; /* of the pieces of a block */
} dcm_j2k_tile;

/* The area of a tile on the reference grid, without what is beside the image. B-7 to B-10 */
typedef struct dcm_j2k_area {
    uint32_t x0, y0, x1, y1;
} dcm_j2k_area;

dcm_j2k_area dcm_j2k_tile_area(const dcm_j2k_stream *s, uint32_t tile);

/* Lay out a tile. DCM_OK, DCM_E_ENCODED with the stream's fault, or DCM_E_NO_MEMORY. */
dcm_status dcm_j2k_tile_open(dcm_j2k_tile *t, dcm_j2k_stream *s, uint32_t tile);
void dcm_j2k_tile_free(dcm_j2k_tile *t);

/* Read its packets. Pieces are kept of the resolutions and layers that are wanted. *whole tells whether all
   packets were there and sound. */
dcm_status dcm_j2k_tile_read(dcm_j2k_tile *t, const dcm_j2k_stream *s, uint32_t tile, uint32_t reduce,
                             uint32_t layers, bool *whole);

/* Where packet headers are read from, and packet bodies. */
typedef struct dcm_j2k_packets {
    const dcm_j2k_stream *s;
    const uint8_t *p, *end;             /* of this tile-part */
    const uint8_t *header, *header_end; /* packed headers, else not used */
    bool packed;
    uint32_t next_part;
} dcm_j2k_packets;

/* Read the packet of the next layer of a precinct. Pieces are kept if it is wanted. DCM_OK, DCM_E_ENCODED
   where bytes are missing or cannot be a packet, or DCM_E_NO_MEMORY. */
dcm_status dcm_j2k_packet_read(dcm_j2k_tile *t, dcm_j2k_packets *packets, dcm_j2k_precinct *precinct,
                               bool wanted);

#endif
