/* Data sets as text: the walk that the DICOM JSON Model and the Native DICOM Model share. PS3.18 Annex F,
   PS3.19 §A.1. */
#ifndef DCM_MODEL_H
#define DCM_MODEL_H

#include "scan.h"
#include "source.h"
#include "textbuf.h"

/* How the bytes of text become UTF-8. Plain ASCII is the same in all. */
typedef enum dcm_model_charset {
    DCM_MODEL_LATIN1, /* the default repertoire, and ISO_IR 100 */
    DCM_MODEL_UTF8,   /* ISO_IR 192 */
    DCM_MODEL_ASK,    /* anything else: such elements are the caller's */
} dcm_model_charset;

/* Pixel Representation in force. */
typedef enum dcm_model_pixels {
    DCM_MODEL_UNSIGNED,
    DCM_MODEL_SIGNED,
    DCM_MODEL_PIXELS_ASK, /* elements whose VR hangs on it are the caller's */
} dcm_model_pixels;

/* A container in progress. Its children are rows[0 .. nrows), or else follow each other from `row` to `end`.
 */
typedef struct dcm_model_frame {
    const uint32_t *rows;
    uint32_t nrows;
    uint32_t next;      /* how many of rows[] were taken */
    uint32_t row, end;  /* the next child, and the row behind the last */
    uint32_t container; /* row of the item, or DCM_NO_ROW; of the sequence */
    uint32_t number;    /* of the item that was begun last, from 1 */
    uint32_t last_tag;  /* of small containers out of order: the child before */
    bool items;         /* the children are items, else data elements */
    bool picked;        /* the children are picked by tag, one by one */
    bool changed;       /* the data set has edits that are not seen here */
    uint8_t charset;    /* dcm_model_charset */
    uint8_t pixels;     /* dcm_model_pixels */
} dcm_model_frame;

typedef struct dcm_model dcm_model;
typedef struct dcm_model_style dcm_model_style;

struct dcm_model {
    const dcm_index *index;
    const dcm_source *source;
    const dcm_model_style *style;
    dcm_textbuf *out;
    uint64_t bulk_nbytes; /* bulk data of more bytes is the caller's */
    uint32_t asked;       /* row of the element that is the caller's */
    uint32_t depth;
    dcm_model_frame stack[2 * DCM_SCAN_MAX_DEPTH + 2];
};

typedef enum dcm_model_state {
    DCM_MODEL_DONE,
    DCM_MODEL_ASKED, /* write the whole element model->asked, or nothing, and run on */
    DCM_MODEL_FAILED_MEMORY,
    DCM_MODEL_FAILED_CHANGED, /* the mapped file shrank */
    DCM_MODEL_FAILED_RANGE,   /* a value lies outside the source */
    DCM_MODEL_FAILED_DEPTH,
} dcm_model_state;

/* Begin with the content of a data set: its elements `rows`, or all of the top level or of the item
   `container` if rows is NULL. Or with the items of a sequence, when `items` is set. */
void dcm_model_begin(dcm_model *model, uint32_t container, const uint32_t *rows, uint32_t nrows, bool items,
                     bool changed, dcm_model_charset charset, dcm_model_pixels pixels);

/* Write until the end or until an element must be asked for. */
dcm_model_state dcm_model_run(dcm_model *model);

/* A string or number among the values of an element. */
typedef struct dcm_model_text {
    const uint8_t *p;
    uint64_t nbytes;
    bool latin1; /* bytes from 0x80 on are ISO 8859-1, else UTF-8 */
} dcm_model_text;

/* What makes one notation of the other: JSON or XML. All write to model->out. Values are numbered from 1. */
struct dcm_model_style {
    void (*open_element)(dcm_model *model, uint32_t tag, uint16_t vr, dcm_model_text creator);
    void (*close_element)(dcm_model *model);
    void (*open_values)(dcm_model *model);
    void (*close_values)(dcm_model *model);
    void (*empty)(dcm_model *model, uint32_t number, uint16_t vr);
    void (*text)(dcm_model *model, uint32_t number, dcm_model_text text);
    void (*name)(dcm_model *model, uint32_t number, dcm_model_text name);
    void (*number)(dcm_model *model, uint32_t number, const char *text, uint32_t nchars, bool quoted);
    void (*open_item)(dcm_model *model, uint32_t number);
    void (*close_item)(dcm_model *model);
    void (*binary)(dcm_model *model, const uint8_t *p, uint64_t nbytes, uint32_t unit_nbytes);
    bool parses_numbers; /* DS and IS are numbers, else the text that they are */
    bool wants_creator;  /* open_element is told the private creator */
};

extern const dcm_model_style dcm_model_json, dcm_model_xml;

#endif
