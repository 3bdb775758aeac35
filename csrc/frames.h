/* The frame table: where the bytes of each encapsulated frame lie. PS3.5 §A.4, PS3.3 §C.7.6.3.1.8. */
#ifndef DCM_FRAMES_H
#define DCM_FRAMES_H

#include "base.h"

typedef struct dcm_span {
    uint64_t offset; /* counted from the start of the source */
    uint64_t nbytes;
} dcm_span;

enum {                                /* what was found wrong: bits of dcm_frames.notes */
       DCM_FRAMES_TABLE_WRONG = 1,    /* an offset table that does not lead to the fragments: not used */
       DCM_FRAMES_COUNT = 2,          /* other than Number of Frames says */
       DCM_FRAMES_CUT = 4,            /* the source ends inside the last fragment */
       DCM_FRAMES_NO_END = 8,         /* no Sequence Delimitation Item behind the fragments */
       DCM_FRAMES_UNEVEN = 16,        /* fragments that cannot be shared out among frames as declared */
       DCM_FRAMES_NO_TABLE_ITEM = 32, /* the item of the Basic Offset Table is missing */
       DCM_FRAMES_EMPTY_FRAGMENT = 64,
};

typedef struct dcm_frames_input {
    uint64_t offset;     /* first byte behind the header of Pixel Data */
    uint64_t end;        /* of its value where the length is defined; else the end of the source */
    uint32_t declared;   /* Number of Frames; 0 if it is not known */
    bool whole;          /* each fragment is a frame: RLE, Encapsulated Uncompressed, Deflated Image Frame */
    bool joined;         /* all fragments are one stream: video */
    bool big_endian;     /* headers of the fragments, against PS3.5 §A.4 */
    dcm_span eot;        /* value of Extended Offset Table; nbytes 0 if there is none */
    dcm_span eot_nbytes; /* value of Extended Offset Table Lengths */
} dcm_frames_input;

/* Either a table of the file (offsets stay where they are and are checked when a frame is asked for), or the
   fragments once walked. */
typedef struct dcm_frames {
    dcm_frames_input input;
    uint64_t items; /* item tag of the first fragment: what the tables count from */
    uint32_t nframes;
    uint32_t notes;  /* DCM_FRAMES_* */
    dcm_span table;  /* offsets in use; nbytes 0: walked */
    uint8_t width;   /* bytes of an offset: 4 (Basic), 8 (Extended) */
    dcm_span basic;  /* value of the Basic Offset Table */
    dcm_span *spans; /* walked: the fragments */
    uint64_t nspans, spans_cap;
    uint64_t *first; /* walked: spans of frame i are first[i] .. first[i + 1] */
} dcm_frames;

void dcm_frames_init(dcm_frames *frames);
void dcm_frames_free(dcm_frames *frames);

/* Begin: by a table of the file if there is a sound one, else by a walk over all fragments. bytes[0 ..
   nbytes) are the whole source. OK, RANGE, NO_MEMORY, TOO_MANY_ROWS. */
dcm_status dcm_frames_open(dcm_frames *frames, const dcm_frames_input *input, const uint8_t *bytes,
                           uint64_t nbytes);

/* Walk over all fragments, whatever the tables say. */
dcm_status dcm_frames_walk(dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes);

/* Spans of one frame: the first `cap` of them are written, *nspans tells how many there are. ENCODED: the
   table leads astray; walk, and ask again. RANGE: no such frame. */
dcm_status dcm_frames_locate(const dcm_frames *frames, const uint8_t *bytes, uint64_t nbytes, uint32_t frame,
                             dcm_span *spans, uint64_t cap, uint64_t *nspans);

#endif
