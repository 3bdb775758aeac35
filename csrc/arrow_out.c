/* Record batches handed out through the Arrow C data interface, without copying.
   All structs of an export lie in one block. A consumer may move any of them away and release it
   last, so every struct counts as a user of the block. */
#include "arrow_out.h"

#include <stdlib.h>

typedef struct schema_block {
    atomic_uint nusers;
    struct ArrowSchema **pointers; /* one a field, then one a list's item */
    struct ArrowSchema *nodes;
    char *names;
} schema_block;

static void leave_schema_block(schema_block *block) {
    if (atomic_fetch_sub_explicit(&block->nusers, 1, memory_order_acq_rel) != 1) return;
    free(block->pointers);
    free(block->nodes);
    free(block->names);
    free(block);
}

static void release_schema(struct ArrowSchema *node) {
    for (int64_t i = 0; i < node->n_children; i++)
        if (node->children[i]->release) node->children[i]->release(node->children[i]);
    node->release = NULL;
    leave_schema_block(node->private_data);
}

static void start_schema(struct ArrowSchema *node, schema_block *block, const char *format,
                         const char *name) {
    *node = (struct ArrowSchema){
        .format = format,
        .name = name,
        .flags = ARROW_FLAG_NULLABLE,
        .release = release_schema,
        .private_data = block,
    };
    atomic_fetch_add_explicit(&block->nusers, 1, memory_order_relaxed);
}

static const char *format_of(dcm_cell_type type) {
    switch (type) {
    case DCM_CELL_INT:
        return "l";
    case DCM_CELL_FLOAT:
        return "g";
    case DCM_CELL_TIME:
        return "tsu:"; /* no zone: every reader takes it, and it is said to be UTC */
    default:
        return "U"; /* 64-bit offsets: no batch is too long for them */
    }
}

dcm_status dcm_arrow_schema(const dcm_column *columns, uint32_t ncolumns, struct ArrowSchema *out) {
    size_t names_nbytes = 0;
    for (uint32_t i = 0; i < ncolumns; i++)
        names_nbytes += strlen(columns[i].name) + 1;
    schema_block *block = calloc(1, sizeof *block);
    if (!block) return DCM_E_NO_MEMORY;
    atomic_init(&block->nusers, 1);
    block->pointers = calloc(2 * (size_t)ncolumns + 1, sizeof *block->pointers);
    block->nodes = calloc(2 * (size_t)ncolumns + 1, sizeof *block->nodes);
    block->names = malloc(names_nbytes + 1);
    if (!block->pointers || !block->nodes || !block->names) {
        leave_schema_block(block);
        return DCM_E_NO_MEMORY;
    }
    char *name = block->names;
    for (uint32_t i = 0; i < ncolumns; i++) {
        struct ArrowSchema *field = &block->nodes[i], *item = &block->nodes[ncolumns + i];
        size_t name_nbytes = strlen(columns[i].name) + 1;
        memcpy(name, columns[i].name, name_nbytes);
        block->pointers[i] = field;
        if (columns[i].list) {
            block->pointers[ncolumns + i] = item;
            start_schema(item, block, format_of(columns[i].type), "item");
            start_schema(field, block, "+L", name);
            field->n_children = 1;
            field->children = &block->pointers[ncolumns + i];
        } else {
            start_schema(field, block, format_of(columns[i].type), name);
        }
        name += name_nbytes;
    }
    start_schema(out, block, "+s", "");
    out->flags = 0;
    out->n_children = ncolumns;
    out->children = block->pointers;
    leave_schema_block(block);
    return DCM_OK;
}

#define MAX_NBUFFERS 3 /* validity, offsets or values, text */

typedef struct array_block {
    atomic_uint nusers;
    dcm_batch *batch;
    struct ArrowArray **pointers; /* one a field, then one a list's item */
    struct ArrowArray *nodes;
    const void **buffers; /* MAX_NBUFFERS a node; the last are the struct's own */
} array_block;

static void leave_array_block(array_block *block) {
    if (atomic_fetch_sub_explicit(&block->nusers, 1, memory_order_acq_rel) != 1) return;
    if (block->batch) dcm_batch_release(block->batch);
    free(block->pointers);
    free(block->nodes);
    free(block->buffers);
    free(block);
}

static void release_array(struct ArrowArray *node) {
    for (int64_t i = 0; i < node->n_children; i++)
        if (node->children[i]->release) node->children[i]->release(node->children[i]);
    node->release = NULL;
    leave_array_block(node->private_data);
}

static void start_array(struct ArrowArray *node, array_block *block, uint64_t length, uint64_t nnulls,
                        int64_t nbuffers, const void **buffers) {
    *node = (struct ArrowArray){
        .length = (int64_t)length,
        .null_count = (int64_t)nnulls,
        .n_buffers = nbuffers,
        .buffers = buffers,
        .release = release_array,
        .private_data = block,
    };
    atomic_fetch_add_explicit(&block->nusers, 1, memory_order_relaxed);
}

static void start_values(struct ArrowArray *node, array_block *block, const dcm_batch_column *column,
                         const void **buffers) {
    buffers[0] = column->nvalue_nulls ? column->value_bitmap : NULL;
    buffers[1] = column->slots;
    buffers[2] = column->text;
    start_array(node, block, column->nvalues, column->nvalue_nulls, column->type == DCM_CELL_TEXT ? 3 : 2,
                buffers);
}

dcm_status dcm_arrow_array(dcm_batch *batch, struct ArrowArray *out) {
    size_t ncolumns = batch->ncolumns;
    array_block *block = calloc(1, sizeof *block);
    if (!block) return DCM_E_NO_MEMORY;
    atomic_init(&block->nusers, 1);
    block->pointers = calloc(2 * ncolumns + 1, sizeof *block->pointers);
    block->nodes = calloc(2 * ncolumns + 1, sizeof *block->nodes);
    block->buffers = calloc((2 * ncolumns + 1) * MAX_NBUFFERS, sizeof *block->buffers);
    if (!block->pointers || !block->nodes || !block->buffers) {
        leave_array_block(block);
        return DCM_E_NO_MEMORY;
    }
    dcm_batch_retain(batch);
    block->batch = batch;
    for (size_t i = 0; i < ncolumns; i++) {
        const dcm_batch_column *column = &batch->columns[i];
        struct ArrowArray *field = &block->nodes[i], *item = &block->nodes[ncolumns + i];
        const void **buffers = &block->buffers[i * MAX_NBUFFERS];
        block->pointers[i] = field;
        if (column->list) {
            block->pointers[ncolumns + i] = item;
            start_values(item, block, column, &block->buffers[(ncolumns + i) * MAX_NBUFFERS]);
            buffers[0] = column->nrow_nulls ? column->row_bitmap : NULL;
            buffers[1] = column->row_offsets;
            start_array(field, block, batch->nrows, column->nrow_nulls, 2, buffers);
            field->n_children = 1;
            field->children = &block->pointers[ncolumns + i];
        } else {
            start_values(field, block, column, buffers);
        }
    }
    start_array(out, block, batch->nrows, 0, 1, &block->buffers[2 * ncolumns * MAX_NBUFFERS]);
    out->n_children = (int64_t)ncolumns;
    out->children = block->pointers;
    leave_array_block(block);
    return DCM_OK;
}
