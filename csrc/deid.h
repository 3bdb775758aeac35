/* What de-identification must look at: rows by the rule of their tag, and values that hold identifiers.
 * PS3.15 Annex E. */
#ifndef DCM_DEID_H
#define DCM_DEID_H

#include "index.h"
#include "source.h"

enum {
    DCM_DEID_NO_RULE = 0,
    DCM_DEID_KEEP = 1,     /* stays, whatever it holds */
    DCM_DEID_PLAIN = 0x7F, /* as if it were no UID: stays unless it holds an identifier */
};                         /* between these, and with other bits, actions mean what the caller wants */

typedef struct dcm_deid_slot {
    uint32_t tag; /* repeating digits of groups 50xx and 60xx are 0 */
    uint8_t action;
} dcm_deid_slot;

typedef struct dcm_deid_rules {
    dcm_deid_slot *slots; /* open addressing; action DCM_DEID_NO_RULE: free */
    uint32_t mask;        /* slots - 1 */
    uint8_t of_private;   /* action of elements of odd groups */
    uint8_t of_unknown;   /* of those that the dictionary lacks, or has with a VR of another kind */
    uint8_t of_uid;       /* of other elements of VR UI */
    uint8_t of_curve;     /* of all of groups 50xx, and 60xx; their own rules go first */
    uint8_t of_overlay;
} dcm_deid_rules;

/* Room for nrules; NO_MEMORY. */
dcm_status dcm_deid_rules_init(dcm_deid_rules *rules, uint32_t nrules);
void dcm_deid_rules_free(dcm_deid_rules *rules);
void dcm_deid_rules_put(dcm_deid_rules *rules, uint32_t tag, uint8_t action); /* at most nrules times */
uint8_t dcm_deid_rule_of(const dcm_deid_rules *rules, uint32_t tag);

typedef struct dcm_deid_hit {
    uint32_t row;
    uint8_t action;
} dcm_deid_hit;

enum { DCM_DEID_UNMARKED = 0, DCM_DEID_DONE = 1, DCM_DEID_KEPT = 2 };

/* Rows behind the meta group that have an action, by `top` at top level and by `rules` in items, in file
   order. `hits` and `marks` have room for one a row; kept ones are marked DCM_DEID_KEPT. Returns how many
   there are. *gaps: there are bytes of the data set, which ends at `end_offset`, that belong to no row (but
   delimiters). */
uint32_t dcm_deid_select(const dcm_index *index, uint64_t end_offset, const dcm_deid_rules *top,
                         const dcm_deid_rules *rules, dcm_deid_hit *hits, uint8_t *marks, bool *gaps);

typedef struct dcm_deid_pattern {
    const uint8_t *bytes; /* at least 4, ASCII letters in lower case */
    uint32_t nbytes;
    bool is_word; /* looked for in free text only, as a word of its own */
} dcm_deid_pattern;

typedef enum dcm_deid_why {
    DCM_DEID_HOLDS = 1,   /* text, or short bytes of UN and OB, that holds a pattern, whatever the case */
    DCM_DEID_DAMAGED = 2, /* text with control characters, or a value that seems to have swallowed elements */
} dcm_deid_why;

typedef struct dcm_deid_find {
    uint32_t row;
    dcm_deid_why why;
} dcm_deid_find;

/* Of compressed frames the beginning is looked at for patterns of 6 bytes and more. Rows not marked, nor
   inside marked ones, that hold a pattern or are damaged. A pattern is not met inside a longer word, unless
   it has 8 bytes or more. `found` has room for one a row; *nfound tells how many there are. OK, NO_MEMORY,
   CHANGED, RANGE. */
dcm_status dcm_deid_sweep(const dcm_index *index, const dcm_source *source, const uint8_t *marks,
                          const dcm_deid_pattern *patterns, uint32_t npatterns, dcm_deid_find *found,
                          uint32_t *nfound);

#endif
