/* JPEG 2000: what the headers of a codestream say, and where its tile-parts lie. ITU-T T.800 Annex A.

   The main header's parameters are kept; those that a tile has of its own are read again from its tile-parts
   when it is its turn, so that memory is bounded by the number of tile-parts and tiles alone. */
#ifndef DCM_J2K_STREAM_H
#define DCM_J2K_STREAM_H

#include "j2k.h"

#define DCM_J2K_MAX_SAMPLES 4u
#define DCM_J2K_MAX_LEVELS 32u
#define DCM_J2K_MAX_PROGRESSIONS 128u /* of POC segments */
#define DCM_J2K_MAX_NPACKED 256u      /* Zppm and Zppt have 8 bits */
#define DCM_J2K_NO_PART UINT32_MAX

/* COD, COC: Tables A.15 to A.21. */
typedef struct dcm_j2k_style {
    uint8_t levels;                              /* decompositions */
    uint8_t block_width_log2, block_height_log2; /* 2 to 10 each, 12 at most together */
    uint8_t block_style;                         /* see j2k_block.h */
    bool reversible;                             /* 5/3, else 9/7 */
    uint8_t precincts[DCM_J2K_MAX_LEVELS + 1];   /* by resolution: log2 of width, and of height in bits 4-7 */
} dcm_j2k_style;

/* QCD, QCC: Tables A.27 to A.30. */
typedef struct dcm_j2k_steps {
    uint8_t style; /* 0 none, 1 derived, 2 expounded */
    uint8_t guard; /* bits */
    uint8_t nsteps;
    uint16_t steps[3 * DCM_J2K_MAX_LEVELS + 1]; /* exponent in bits 11-15, mantissa below */
} dcm_j2k_steps;

/* A progression order change, or what stands for it where there is none: Table A.32. */
typedef struct dcm_j2k_progression {
    uint8_t order; /* 0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL */
    uint8_t first_resolution, end_resolution;
    uint16_t first_component, end_component;
    uint16_t end_layer;
} dcm_j2k_progression;

/* What holds for a tile. */
typedef struct dcm_j2k_parameters {
    uint8_t order;
    uint16_t layers;
    bool mct;
    dcm_j2k_style styles[DCM_J2K_MAX_SAMPLES];
    dcm_j2k_steps steps[DCM_J2K_MAX_SAMPLES];
    /* Where styles and steps come from: later and narrower segments win. 1 main COD, 2 main COC, 3 tile COD,
     * 4 tile COC */
    uint8_t style_rank[DCM_J2K_MAX_SAMPLES], steps_rank[DCM_J2K_MAX_SAMPLES];
    bool own_progressions; /* of the tile: those of the main header do not count */
    uint32_t nprogressions;
    dcm_j2k_progression progressions[DCM_J2K_MAX_PROGRESSIONS];
} dcm_j2k_parameters;

typedef struct dcm_j2k_part {
    uint64_t headers, data, end;           /* offsets: behind SOT, behind SOD, of what comes next */
    uint64_t packed_offset, packed_nbytes; /* in the stream's packed headers, of PPM */
    uint32_t tile;
    uint32_t next; /* part of the same tile; DCM_J2K_NO_PART */
} dcm_j2k_part;

typedef struct dcm_j2k_stream {
    const uint8_t *in;
    uint64_t in_nbytes;
    uint32_t x0, y0, x1, y1;   /* of the image on the reference grid */
    uint32_t tile_x0, tile_y0; /* of the first tile */
    uint32_t tile_width, tile_height;
    uint32_t tile_ncolumns, tile_nrows;
    uint32_t samples;
    uint8_t precision[DCM_J2K_MAX_SAMPLES];
    bool is_signed[DCM_J2K_MAX_SAMPLES];
    dcm_j2k_parameters main;
    bool is_short; /* the last tile-part is cut */
    bool has_packed_headers;
    uint8_t *packed; /* what all PPM segments hold, in their order */
    uint64_t packed_nbytes, packed_capacity;
    dcm_j2k_part *parts;
    uint32_t nparts, parts_capacity;
    uint32_t *first_parts; /* by tile; DCM_J2K_NO_PART */
    uint32_t first_parts_capacity;
    dcm_j2k_fault fault;
    uint64_t fault_offset;
} dcm_j2k_stream;

/* Read all headers. The struct is zero at first, and may be used again. DCM_OK, DCM_E_ENCODED with a fault,
   or DCM_E_NO_MEMORY. The bytes must stay as long as tiles are read. */
dcm_status dcm_j2k_stream_read(dcm_j2k_stream *s, const uint8_t *in, uint64_t in_nbytes);
void dcm_j2k_stream_free(dcm_j2k_stream *s);

/* What holds for a tile, by the headers of its tile-parts. False if they cannot be: the fault is set. */
bool dcm_j2k_tile_parameters(dcm_j2k_stream *s, uint32_t tile, dcm_j2k_parameters *out);

/* Packed packet headers of a tile-part: what PPM has for it, and the PPT segments of its own header in order
   of their numbers. Gives how many there are: none is empty. §A.7.4, §A.7.5 */
typedef struct dcm_j2k_headers {
    const uint8_t *bytes;
    uint64_t nbytes;
} dcm_j2k_headers;

uint32_t dcm_j2k_packed_headers(const dcm_j2k_stream *s, const dcm_j2k_part *part,
                                dcm_j2k_headers out[DCM_J2K_MAX_NPACKED + 1]);

/* Note what is wrong; gives false. */
bool dcm_j2k_refuse(dcm_j2k_stream *s, dcm_j2k_fault fault, uint64_t offset);

/* Make room for `need` items of a size in an array that it keeps; false without memory. */
bool dcm_j2k_grow(void *array, uint64_t need, uint64_t item_nbytes, uint32_t *capacity);

#endif
