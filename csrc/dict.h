/* The data dictionary, the UID registry and known private elements. PS3.6; tables/ is generated. */
#ifndef DCM_DICT_H
#define DCM_DICT_H

#include "base.h"

typedef struct dcm_dict_entry {
    uint32_t tag;     /* 0xGGGGEEEE; repeating digits are 0 */
    uint32_t keyword; /* offset into dcm_dict_text, NUL-terminated; "" for retired blanks */
    uint32_t name;    /* offset into dcm_dict_text */
    uint16_t vr;      /* two characters; DCM_VR_XS, _OX, _XO, _UO where the standard leaves a choice */
    uint8_t vm;       /* index into dcm_dict_vms */
    uint8_t retired;  /* 1 when retired */
} dcm_dict_entry;

typedef struct dcm_uid_entry {
    uint32_t uid;     /* offsets into dcm_dict_text */
    uint32_t keyword; /* unique; derived where PS3.6 has none yet; "" for retired blanks */
    uint32_t name;
    uint32_t type; /* as PS3.6 Table A-1 has it: "Transfer Syntax", "SOP Class", ... */
    uint8_t retired;
} dcm_uid_entry;

typedef struct dcm_private_entry {
    uint32_t creator; /* offset into dcm_dict_text */
    uint32_t name;    /* offset into dcm_dict_text */
    uint16_t group;   /* even: all odd groups with this high byte */
    uint8_t element;  /* low byte; the block is the creator's */
    uint8_t vm;       /* index into dcm_dict_vms */
    uint16_t vr;
} dcm_private_entry;

extern const char dcm_dict_text[];
extern const char *const dcm_dict_vms[];
extern const char dcm_dict_edition[]; /* "2026c" */

/* Entry of a standard tag, repeating groups and elements (50xx, 60xx, 0020,31xx, ...) included;
   NULL if there is none. Group lengths (gggg,0000) are no entries except the few that PS3.6 lists.
 */
const dcm_dict_entry *dcm_dict_find(uint32_t tag);

/* Bits of an entry's tag that do not repeat: all ones unless digits are written as x in PS3.6. Such
   an entry may share its tag with an ordinary one, which then stands before it. */
uint32_t dcm_dict_mask(const dcm_dict_entry *entry);

/* VR of any tag as an implicit VR file has it: dictionary, UL for group lengths, LO for private
   creators, UN for unknown and private ones. Constant time. PS3.5 §6.2.2, §7.2, §7.8. */
uint16_t dcm_dict_vr(uint32_t tag);

/* Entry by keyword, by perfect hash; NULL if there is none. Keywords of repeating groups give the
   entry whose repeating digits are 0. */
const dcm_dict_entry *dcm_dict_find_keyword(const char *keyword, size_t keyword_nbytes);

/* Entry of a UID (no padding); NULL if it is not in PS3.6 Annex A. */
const dcm_uid_entry *dcm_uid_find(const char *uid, size_t uid_nbytes);
const dcm_uid_entry *dcm_uid_find_keyword(const char *keyword, size_t keyword_nbytes);

/* Entry of a private element; creator without trailing padding. NULL if it is not known. */
const dcm_private_entry *dcm_private_find(const char *creator, size_t creator_nbytes, uint32_t tag);

/* All entries, ascending by tag / UID, for iteration. */
extern const dcm_dict_entry dcm_dict_entries[];
extern const uint32_t dcm_dict_nentries;
extern const dcm_uid_entry dcm_uid_entries[];
extern const uint32_t dcm_uid_nentries;

#endif
