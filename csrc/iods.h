/* IODs, modules and attribute types: SOP class to IOD to modules to attributes. PS3.3; tables/ is generated.
 */
#ifndef DCM_IODS_H
#define DCM_IODS_H

#include "base.h"

/* How strictly an attribute is asked for, the strictest first. PS3.5 §7.4. */
typedef enum dcm_attribute_type {
    DCM_TYPE_NONE = 0, /* not in the IOD */
    DCM_TYPE_1 = 1,    /* there, with a value */
    DCM_TYPE_1C = 2,   /* under a condition there, with a value */
    DCM_TYPE_2 = 3,    /* there, perhaps empty */
    DCM_TYPE_2C = 4,   /* under a condition there, perhaps empty */
    DCM_TYPE_3 = 5,    /* optional */
} dcm_attribute_type;

/* An attribute of a module or item. List n is dcm_iod_attributes[dcm_iod_lists[n] .. dcm_iod_lists[n + 1]),
   ascending by tag; list 0 is empty. */
typedef struct dcm_iod_attribute {
    uint32_t tag;        /* repeating digits are 0 */
    uint16_t items;      /* list of the attributes of its items; 0: none */
    uint8_t type;        /* dcm_attribute_type */
    uint8_t conditional; /* dcm_conditions may tell when it is required */
} dcm_iod_attribute;

typedef struct dcm_iod_module {
    const char *name;   /* "image-pixel" */
    const char *clause; /* of PS3.3: "C.7.6.3" */
    uint16_t list;
} dcm_iod_module;

typedef struct dcm_iod_use {
    uint16_t module;
    char usage; /* 'M', 'C' or 'U' */
} dcm_iod_use;

typedef struct dcm_iod {
    const char *name;    /* "ct-image" */
    uint16_t first, end; /* its modules in dcm_iod_uses */
} dcm_iod;

typedef struct dcm_sop_class {
    const char *uid;
    uint16_t iod;
} dcm_sop_class;

typedef enum dcm_when {
    DCM_WHEN_PRESENT, /* with a value */
    DCM_WHEN_ABSENT,
    DCM_WHEN_EQUALS,  /* one of its values is one of those in the text, which are separated by | */
    DCM_WHEN_GREATER, /* its first value is a number above that of the text */
} dcm_when;

typedef struct dcm_condition_term {
    uint32_t tag; /* of an attribute in the same data set or item */
    dcm_when when;
    const char *text;
} dcm_condition_term;

/* When all terms hold, a Type 1C or 2C attribute is required. Ascending by tag; any of several is enough. */
typedef struct dcm_condition {
    uint32_t tag;
    uint16_t module; /* plus one; 0: in all modules */
    uint16_t first, nterms;
} dcm_condition;

extern const char dcm_iod_edition[];
extern const dcm_iod_attribute dcm_iod_attributes[];
extern const uint16_t dcm_iod_lists[];
extern const dcm_iod_module dcm_iod_modules[];
extern const uint32_t dcm_iod_nmodules;
extern const dcm_iod_use dcm_iod_uses[];
extern const dcm_iod dcm_iods[];
extern const uint32_t dcm_niods;
extern const dcm_sop_class dcm_sop_classes[]; /* ascending by UID */
extern const uint32_t dcm_nsop_classes;
extern const dcm_condition dcm_conditions[];
extern const uint32_t dcm_nconditions;
extern const dcm_condition_term dcm_condition_terms[];

/* The IOD of a SOP class (no padding) or by its name; NULL if there is none. */
const dcm_iod *dcm_iod_of_sop_class(const char *uid, size_t uid_nbytes);
const dcm_iod *dcm_iod_find(const char *name, size_t name_nbytes);

/* A module by its name; NULL if there is none. */
const dcm_iod_module *dcm_iod_module_find(const char *name, size_t name_nbytes);

/* A tag as the tables have it: groups that repeat (60xx) at their first. */
static inline uint32_t dcm_iod_tag(uint32_t tag) {
    return tag >> 24 == 0x60 && !(tag >> 16 & 1) ? (tag & 0xFF00FFFFu) : tag;
}

/* The attribute in a list; NULL if it is not there. */
const dcm_iod_attribute *dcm_iod_list_find(uint32_t list, uint32_t tag);

/* The strictest type that a module of the IOD (of any IOD where it is NULL) gives the attribute at the end of
   the path, which leads through sequences. */
dcm_attribute_type dcm_iod_attribute_type(const dcm_iod *iod, const uint32_t *path, size_t ntags);

#endif
