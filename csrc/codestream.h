/* What the header of a compressed frame says, before a codec touches it.
   JPEG: T.81 Annex B. JPEG-LS: T.87 Annex C. JPEG 2000: T.800 Annexes A and I, T.814. JPEG XL: ISO/IEC 18181.

   Fast because nothing is allocated, copied or decoded: marker segments and boxes are stepped over by their
   lengths, and reading ends where entropy-coded bytes begin. Work is linear in the size of the header. */
#ifndef DCM_CODESTREAM_H
#define DCM_CODESTREAM_H

#include "base.h"

#define DCM_CODESTREAM_MAX_JUNK 64u /* bytes before a signature, between segments, behind the end marker */
#define DCM_NO_SOF 0xFFu
#define DCM_LOSSLESS_UNKNOWN (-1)

typedef enum dcm_stream_kind {
    DCM_STREAM_NONE = 0,             /* nothing that is known here */
    DCM_STREAM_JPEG_BASELINE = 1,    /* SOF0 */
    DCM_STREAM_JPEG_EXTENDED = 2,    /* SOF1 */
    DCM_STREAM_JPEG_PROGRESSIVE = 3, /* SOF2 */
    DCM_STREAM_JPEG_LOSSLESS = 4,    /* SOF3 */
    DCM_STREAM_JPEG_OTHER = 5,       /* hierarchical or arithmetic, or no frame header was found */
    DCM_STREAM_JPEG_LS = 6,          /* SOF55 */
    DCM_STREAM_J2K = 7,
    DCM_STREAM_HTJ2K = 8, /* JPEG 2000 with blocks of T.814 */
    DCM_STREAM_JXL = 9,
} dcm_stream_kind;

/* The first thing that is wrong with a header. */
typedef enum dcm_stream_fault {
    DCM_STREAM_SOUND = 0,
    DCM_STREAM_CUT = 1,            /* the bytes end within the header */
    DCM_STREAM_NO_MARKER = 2,      /* other bytes where a marker must stand */
    DCM_STREAM_SEGMENT = 3,        /* a marker segment is shorter than what it must hold */
    DCM_STREAM_NO_FRAME = 4,       /* the scan, or the end, comes before the frame header (SOFn, SIZ) */
    DCM_STREAM_FRAMES = 5,         /* a second frame header */
    DCM_STREAM_SIZES = 6,          /* an image without rows or columns */
    DCM_STREAM_COMPONENTS = 7,     /* no components, or more than there can be */
    DCM_STREAM_SAMPLING = 8,       /* a sampling factor that cannot be */
    DCM_STREAM_PRECISION = 9,      /* bits per sample that cannot be */
    DCM_STREAM_TILES = 10,         /* tiles of no size, or the first beside the image */
    DCM_STREAM_NO_STYLE = 11,      /* no COD before the first tile-part */
    DCM_STREAM_BOX = 12,           /* a box ends before its header does, or behind the one around it */
    DCM_STREAM_NO_CODESTREAM = 13, /* boxes, and no codestream in them */
    DCM_STREAM_NO_SCAN = 14,       /* the end comes before any scan */
} dcm_stream_fault;

typedef struct dcm_codestream {
    uint64_t codestream_offset;  /* bytes before SOI, SOC or the JPEG XL signature: junk, boxes */
    uint64_t codestream_nbytes;  /* from there to the end of its box, else to the end of the input */
    uint64_t header_nbytes;      /* from the start of the input to the first entropy-coded byte; where reading
                                    ended, if not complete. JPEG XL: to the end of what is read of metadata */
    uint64_t fault_offset;       /* from the start of the input */
    uint32_t rows, columns;      /* JPEG 2000: of the reference grid. rows 0: a DNL behind the scan tells */
    uint32_t x_offset, y_offset; /* JPEG 2000: XOsiz, YOsiz */
    uint32_t tile_columns, tile_rows;   /* JPEG 2000: XTsiz, YTsiz, the size of one tile */
    uint32_t restart_interval;          /* JPEG: MCUs; JPEG-LS: lines; 0 none */
    uint32_t enumcs;                    /* JP2: enumerated colour space; 0 none */
    uint16_t samples;                   /* components; JPEG XL: colour channels; 0 not known */
    uint16_t extra_channels;            /* JPEG XL: alpha and others */
    uint16_t layers;                    /* JPEG 2000 */
    uint8_t kind;                       /* dcm_stream_kind */
    uint8_t fault;                      /* dcm_stream_fault: the first, also where the status is DCM_OK */
    uint8_t sof;                        /* n of the frame header's SOFn; DCM_NO_SOF where there is none */
    uint8_t precision;                  /* bits per sample of component 0; 0 not known */
    int8_t lossless;                    /* what the coding allows: 1, 0, DCM_LOSSLESS_UNKNOWN */
    bool is_signed, is_float;           /* of component 0 */
    bool differs;                       /* JPEG 2000: components differ in precision or sign */
    bool subsampled;                    /* some component has fewer samples than the image */
    bool complete;                      /* read up to the first entropy-coded byte */
    bool eoi;                           /* EOI or EOC stands at the end; never in JPEG XL, which has none */
    uint8_t h[4], v[4];                 /* JPEG: sampling factors; JPEG 2000: XRsiz, YRsiz; first four */
    uint8_t component_ids[4];           /* JPEG: of the frame header, first four: 'R' 'G' 'B' are met */
    bool jfif;                          /* APP0 "JFIF" */
    bool dnl;                           /* the frame header leaves the number of rows to a DNL segment */
    int8_t adobe_transform;             /* APP14 "Adobe": 0 none, 1 YCbCr, 2 YCCK; -1 no such segment */
    int8_t spiff_colour;                /* APP8 "SPIFF": its colour space; -1 no such segment */
    uint8_t scan_components;            /* of the first scan: fewer than samples if not interleaved */
    uint8_t predictor;                  /* lossless JPEG: selection value 1 to 7 */
    uint8_t point_transform;            /* lossless JPEG, JPEG-LS: bits shifted away */
    uint8_t near, interleave;           /* JPEG-LS, first scan: NEAR; ILV 0 none, 1 line, 2 sample */
    uint8_t hp_transform;               /* JPEG-LS: APP8 "mrfx" colour transform 0 to 3 */
    bool jls_preset, jls_mapping_table; /* JPEG-LS: LSE of type 1; of type 2 or 3, or one is selected */
    uint8_t progression, levels;        /* JPEG 2000: order 0 to 4; decompositions */
    bool mct;                           /* JPEG 2000: the first three components are transformed */
    bool jp2, jp2_palette;              /* JPEG 2000 in boxes; with a palette (pclr) */
    bool jxl_container, jxl_jpeg;       /* JPEG XL in boxes; with what rebuilds a JPEG (jbrd) */
    bool xyb;                           /* JPEG XL: samples were coded in XYB */
    uint8_t orientation;                /* JPEG XL: 1 to 8 as in Exif; rows and columns are before it */
} dcm_codestream;

/* Read what the header says. DCM_OK with kind DCM_STREAM_NONE if no signature stands within the first bytes.
   DCM_E_ENCODED if a header is cut or contradicts itself before rows and columns are known: fault and
   fault_offset tell. Damage behind that is told by them alone, with DCM_OK. Never reads past the input. */
dcm_status dcm_codestream_read(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);

/* The same of bytes that may be mapped; DCM_E_CHANGED if they are no longer there. */
dcm_status dcm_codestream_read_guarded(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);

/* Whether a fragment starts an image: SOI, SOC, JP2 signature box, JPEG XL's two signatures. Cheap, and right
   for fragments of the syntax that is expected: FF0A may start a later fragment of JPEG 2000. */
bool dcm_codestream_begins(const uint8_t *in, uint64_t in_nbytes);

/* Whether the last bytes are EOI or EOC, and at most 62 bytes of padding (00 or FF) behind it. */
bool dcm_codestream_ends(const uint8_t *in, uint64_t in_nbytes);

/* Both, of bytes that may be mapped; DCM_E_CHANGED if they are no longer there. */
dcm_status dcm_codestream_peek_guarded(const uint8_t *in, uint64_t in_nbytes, bool *begins, bool *ends);

/* The parts of dcm_codestream_read, called with out cleared, the signature's place in codestream_offset and
   what is left from there in codestream_nbytes. For boxes that is the place of the first box. */
dcm_status dcm_codestream_read_jpeg(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);
dcm_status dcm_codestream_read_j2k(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);
dcm_status dcm_codestream_read_jp2(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);
dcm_status dcm_codestream_read_jxl(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);
dcm_status dcm_codestream_read_jxl_boxes(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out);

/* A box, as JPEG 2000 and JPEG XL have them: ISO/IEC 14496-12 §4.2. */
typedef struct dcm_stream_box {
    uint32_t type;    /* four characters, the first highest */
    uint64_t content; /* where its content starts */
    uint64_t end;     /* where it ends, at most the end of the input */
} dcm_stream_box;

/* The box at pos <= in_nbytes. False if its header does not fit (DCM_STREAM_CUT) or its length is less than
   its header (DCM_STREAM_BOX). One that claims more than there is ends with the input: DCM_STREAM_BOX as
   well, but true. */
bool dcm_stream_box_at(const uint8_t *in, uint64_t in_nbytes, uint64_t pos, dcm_stream_box *box,
                       dcm_codestream *out);

/* Note what is wrong, if it is the first. */
static inline void dcm_stream_note(dcm_codestream *out, dcm_stream_fault fault, uint64_t offset) {
    if (out->fault != DCM_STREAM_SOUND) return;
    out->fault = (uint8_t)fault;
    out->fault_offset = offset;
}

/* End reading at what is wrong: an error unless the sizes are known. */
static inline dcm_status dcm_stream_stop(dcm_codestream *out, dcm_stream_fault fault, uint64_t offset) {
    dcm_stream_note(out, fault, offset);
    out->header_nbytes = offset;
    return out->columns ? DCM_OK : DCM_E_ENCODED;
}

#endif
