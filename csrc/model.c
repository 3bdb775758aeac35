/* Data sets as text: the walk that the DICOM JSON Model and the Native DICOM Model share. PS3.18 Annex F,
   PS3.19 §A.1.

   Why it is fast: the rows are walked once with an explicit stack, and the text goes straight into one
   buffer: no object is made of an element, a value or an item. What needs knowledge that is not in the bytes
   (edits, unusual character sets, sequences without rows) stops the walk, and the caller writes that element.
 */
#include "model_internal.h"

#include "guard.h"
#include "vr.h"

#define MAX_DEPTH (sizeof((dcm_model *)0)->stack / sizeof(dcm_model_frame))

static void set_children(const dcm_model *model, dcm_model_frame *frame) {
    const dcm_index *index = model->index;
    if (frame->container == DCM_NO_ROW) {
        frame->rows = index->top;
        frame->nrows = index->ntop;
        return;
    }
    const dcm_element *container = &index->rows[frame->container];
    frame->row = frame->container + 1;
    frame->end = container->end;
    if (frame->items || !(container->flags & DCM_ROW_UNSORTED)) return;
    frame->rows = dcm_index_order(index, frame->container, &frame->nrows);
    frame->picked = frame->rows == NULL;
}

void dcm_model_begin(dcm_model *model, uint32_t container, const uint32_t *rows, uint32_t nrows, bool items,
                     bool changed, dcm_model_charset charset, dcm_model_pixels pixels) {
    model->depth = 1;
    dcm_model_frame *frame = &model->stack[0];
    *frame = (dcm_model_frame){.container = container,
                               .rows = rows,
                               .nrows = nrows,
                               .items = items,
                               .changed = changed,
                               .charset = (uint8_t)charset,
                               .pixels = (uint8_t)pixels};
    if (!rows) set_children(model, frame);
}

/* The child with the smallest tag behind the last one; of doubled ones the last. Small containers only. */
static uint32_t pick(const dcm_element *rows, dcm_model_frame *frame) {
    uint32_t found = DCM_NO_ROW;
    for (uint32_t row = frame->row; row < frame->end; row = rows[row].end) {
        if (frame->number && rows[row].tag <= frame->last_tag) continue;
        if (found == DCM_NO_ROW || rows[row].tag <= rows[found].tag) found = row;
    }
    if (found == DCM_NO_ROW) return found;
    frame->number = 1;
    frame->last_tag = rows[found].tag;
    return found;
}

static uint32_t next_child(const dcm_model *model, dcm_model_frame *frame) {
    const dcm_element *rows = model->index->rows;
    if (frame->picked) return pick(rows, frame);
    if (frame->rows) return frame->next < frame->nrows ? frame->rows[frame->next++] : DCM_NO_ROW;
    if (frame->row >= frame->end) return DCM_NO_ROW;
    const uint32_t row = frame->row;
    frame->row = rows[row].end;
    return row;
}

static bool push(dcm_model *model, uint32_t container, bool items) {
    if (model->depth >= MAX_DEPTH) return false;
    const dcm_model_frame *outer = &model->stack[model->depth - 1];
    dcm_model_frame *frame = &model->stack[model->depth++];
    *frame = (dcm_model_frame){
        .container = container, .items = items, .charset = outer->charset, .pixels = outer->pixels};
    set_children(model, frame);
    if (!items) dcm_model_context(model, frame);
    return true;
}

/* DONE to go on. */
static dcm_model_state write_element(dcm_model *model, const dcm_model_frame *frame, uint32_t row) {
    const dcm_element *element = &model->index->rows[row];
    if ((element->tag & 0xFFFF) == 0) return DCM_MODEL_DONE; /* PS3.18 §F.2.2: no group lengths */
    model->asked = row;
    dcm_model_text creator = {0};
    uint32_t tag = element->tag;
    if (model->style->wants_creator) {
        if (!dcm_model_creator(model, frame, tag, &creator)) return DCM_MODEL_ASKED;
        if (creator.nbytes && dcm_model_is_first_block(model, frame, tag, creator)) tag &= 0xFFFF00FFu;
    }
    const uint16_t vr = dcm_model_vr(model, frame, element);
    if (vr == DCM_VR_NONE) return DCM_MODEL_ASKED;
    if (!dcm_model_bytes(model, element)) return DCM_MODEL_FAILED_RANGE;
    const size_t mark = model->out->nbytes;
    if (vr != DCM_VR_SQ) {
        model->style->open_element(model, tag, vr, creator);
        if (!dcm_model_values(model, frame, element, vr)) {
            model->out->nbytes = mark;
            return DCM_MODEL_ASKED;
        }
        model->style->close_element(model);
        return DCM_MODEL_DONE;
    }
    const bool has_items = element->end > row + 1;
    if (!has_items && element->length) return DCM_MODEL_ASKED; /* it has no rows yet */
    model->style->open_element(model, tag, vr, creator);
    if (!has_items) {
        model->style->close_element(model);
        return DCM_MODEL_DONE;
    }
    model->style->open_values(model);
    return push(model, row, true) ? DCM_MODEL_DONE : DCM_MODEL_FAILED_DEPTH;
}

/* The container at the top of the stack has no more children. */
static void pop(dcm_model *model) {
    const dcm_model_frame *frame = &model->stack[--model->depth];
    if (model->depth == 0) return; /* what it stands in is the caller's */
    if (!frame->items) {
        model->style->close_item(model);
        return;
    }
    model->style->close_values(model);
    model->style->close_element(model);
}

static dcm_model_state run(dcm_model *model) {
    while (model->depth) {
        dcm_model_frame *frame = &model->stack[model->depth - 1];
        const uint32_t row = next_child(model, frame);
        dcm_model_state state = DCM_MODEL_DONE;
        if (row == DCM_NO_ROW) {
            pop(model);
        } else if (frame->items) {
            model->style->open_item(model, ++frame->number);
            if (!push(model, row, false)) state = DCM_MODEL_FAILED_DEPTH;
        } else {
            state = write_element(model, frame, row);
        }
        if (model->out->failed) return DCM_MODEL_FAILED_MEMORY;
        if (state != DCM_MODEL_DONE) return state;
    }
    return DCM_MODEL_DONE;
}

struct job {
    dcm_model *model;
    dcm_model_state state;
};

static void work(void *context) {
    struct job *job = context;
    job->state = run(job->model);
}

dcm_model_state dcm_model_run(dcm_model *model) {
    struct job job = {model, DCM_MODEL_DONE};
    if (!model->source->mapping.bytes) {
        work(&job);
        return job.state;
    }
    return dcm_guarded(work, &job) ? job.state : DCM_MODEL_FAILED_CHANGED;
}
