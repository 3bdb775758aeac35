/* Functional groups of multi-frame images as columns: one attribute for all frames. PS3.3 §C.7.6.16. */
#ifndef DCM_GROUPS_H
#define DCM_GROUPS_H

#include "scan.h"
#include "source.h"

/* Where an attribute is looked for, from the item of a frame down. */
typedef struct dcm_groups_path {
    const uint32_t *tags; /* sequences, of which the first item counts, then the attribute */
    uint32_t ntags;       /* at least 1 */
    bool anywhere;        /* ntags is 1, and the first items of the sequences in the item count as well */
    bool unscanned;       /* state: the way in the item before led to a sequence without rows */
    uint32_t distance;    /* state: rows from the item before to the attribute in it; DCM_NO_ROW if absent */
} dcm_groups_path;

typedef enum dcm_groups_state {
    DCM_GROUPS_ABSENT = 0,
    DCM_GROUPS_FOUND,
    DCM_GROUPS_UNSCANNED, /* the way leads through a sequence that the index has no rows of */
} dcm_groups_state;

/* An attribute of a frame. */
typedef struct dcm_groups_cell {
    uint64_t offset; /* of the value, from the start of the source */
    uint64_t length;
    uint16_t vr;
    uint8_t flags; /* DCM_ROW_* */
    uint8_t state; /* dcm_groups_state */
} dcm_groups_cell;

typedef struct dcm_groups {
    dcm_groups_path *paths; /* the caller's */
    uint32_t npaths;
    dcm_groups_cell *cells; /* of frame f and path p at f * npaths + p */
    uint64_t nframes, frames_cap;
    bool own_context; /* an item has a Specific Character Set or a Pixel Representation of its own */
} dcm_groups;

void dcm_groups_init(dcm_groups *groups, dcm_groups_path *paths, uint32_t npaths);
void dcm_groups_free(dcm_groups *groups);

/* Add a frame for each item. OK or NO_MEMORY. */
dcm_status dcm_groups_add(dcm_groups *groups, const dcm_index *index, const uint32_t *items, uint32_t nitems);

/* Add a frame for each item of a sequence of defined length that was not scanned: in pieces, without rows
   that stay. OK, NO_MEMORY, or CHANGED; *sound is false, and no frame added, where the sequence is not well
   formed throughout and wants an index of its own. `options` are those of that index. */
dcm_status dcm_groups_add_unscanned(dcm_groups *groups, const dcm_source *source, const dcm_element *sequence,
                                    const dcm_scan_options *options, bool *sound);

/* Cut off frames, or add ones without anything. OK or NO_MEMORY. */
dcm_status dcm_groups_resize(dcm_groups *groups, uint64_t nframes);

/* What is absent is taken from another item, such as that of the Shared Functional Groups, or from an
   element. */
void dcm_groups_fill(dcm_groups *groups, const dcm_index *index, uint32_t item);
void dcm_groups_fill_path(dcm_groups *groups, uint32_t path, const dcm_element *element);

#endif
