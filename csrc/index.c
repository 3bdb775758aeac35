/* The index: one flat row per data element, item or fragment, in file order (preorder). PS3.5 §7. */
#include "index.h"

#include "mapping.h"
#include "vr.h"

#include <stdlib.h>

const char *const dcm_finding_names[DCM_F_COUNT] = {
#define DCM_FINDING(code, name, clause, text) name,
#include "findings.def"
#undef DCM_FINDING
};
const char *const dcm_finding_clauses[DCM_F_COUNT] = {
#define DCM_FINDING(code, name, clause, text) clause,
#include "findings.def"
#undef DCM_FINDING
};
const char *const dcm_finding_texts[DCM_F_COUNT] = {
#define DCM_FINDING(code, name, clause, text) text,
#include "findings.def"
#undef DCM_FINDING
};

/* Findings beyond this many tell nothing new; they are dropped so that bad files stay cheap. */
#define MAX_FINDINGS 4096u

void dcm_index_init(dcm_index *index) {
    memset(index, 0, sizeof *index);
}

void dcm_index_free(dcm_index *index) {
    free(index->rows);
    free(index->top);
    free(index->findings);
    free(index->reordered);
    free(index->order);
    dcm_index_init(index);
}

void dcm_index_clear(dcm_index *index) {
    index->nrows = index->ntop = index->nmeta = index->nfindings = 0;
    index->nreordered = index->norder = 0;
    index->top_unsorted = false;
    index->expected = 0;
}

/* Room for one more of `nbytes_each`, or for as many as are expected. */
static bool grow(void **items, uint32_t n, uint32_t *cap, size_t nbytes_each, uint64_t first,
                 uint64_t expected) {
    if (DCM_LIKELY(n < *cap)) return true;
    uint64_t want = *cap ? 2 * (uint64_t)*cap : first;
    if (want < expected) want = expected;
    if (want > UINT32_MAX - 1) want = UINT32_MAX - 1;
    if (want <= n || want > SIZE_MAX / nbytes_each) return false;
    void *p = realloc(*items, (size_t)want * nbytes_each);
    if (!p && want == expected) return grow(items, n, cap, nbytes_each, first, 0); /* hopes were too high */
    if (!p) return false;
    dcm_wish_large_pages(p, (size_t)want * nbytes_each);
    *items = p;
    *cap = (uint32_t)want;
    return true;
}

dcm_status dcm_index_grow(dcm_index *index) {
    bool grown = grow((void **)&index->rows, index->nrows, &index->rows_cap, sizeof *index->rows, 256,
                      index->expected);
    return grown ? DCM_OK : DCM_E_NO_MEMORY;
}

dcm_status dcm_index_add_top(dcm_index *index, uint32_t row) {
    if (!grow((void **)&index->top, index->ntop, &index->top_cap, sizeof row, 256, 0)) return DCM_E_NO_MEMORY;
    index->top[index->ntop++] = row;
    return DCM_OK;
}

void dcm_index_note(dcm_index *index, uint64_t offset, uint32_t tag, dcm_finding_code code) {
    if (index->nfindings >= MAX_FINDINGS) return;
    /* a scanner that asked for more bytes comes by again */
    for (uint32_t k = 1; k <= 4 && k <= index->nfindings; k++) {
        const dcm_finding *f = &index->findings[index->nfindings - k];
        if (f->offset == offset && f->tag == tag && f->code == code) return;
    }
    if (!grow((void **)&index->findings, index->nfindings, &index->findings_cap, sizeof *index->findings, 8,
              0))
        return; /* the rows matter more */
    index->findings[index->nfindings++] = (dcm_finding){.offset = offset, .tag = tag, .code = code};
}

/* Stable merge sort of row numbers by tag: bounded stack, no comparator calls through pointers. */
static dcm_status sort_by_tag(const dcm_element *rows, uint32_t *items, uint32_t n) {
    uint32_t *other = malloc((size_t)n * sizeof *other);
    if (!other) return DCM_E_NO_MEMORY;
    uint32_t *from = items, *to = other;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t lo = 0; lo < n; lo += 2 * width) {
            uint64_t mid = lo + width < n ? lo + width : n, hi = lo + 2 * width < n ? lo + 2 * width : n;
            uint64_t i = lo, j = mid;
            for (uint64_t k = lo; k < hi; k++) {
                bool left = i < mid && (j >= hi || rows[from[i]].tag <= rows[from[j]].tag);
                to[k] = left ? from[i++] : from[j++];
            }
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) memcpy(items, from, (size_t)n * sizeof *items);
    free(other);
    return DCM_OK;
}

/* Sort rows by tag and leave the last of equal tags. */
static dcm_status put_in_order(const dcm_element *rows, uint32_t *items, uint32_t *n_inout) {
    uint32_t n = 0, nall = *n_inout;
    if (nall < 2) return DCM_OK;
    dcm_status status = sort_by_tag(rows, items, nall);
    if (status != DCM_OK) return status;
    for (uint32_t i = 0; i < nall; i++) {
        bool doubled = i + 1 < nall && rows[items[i]].tag == rows[items[i + 1]].tag;
        if (!doubled) items[n++] = items[i];
    }
    *n_inout = n;
    return DCM_OK;
}

/* Fewer rows than this are walked: nearly every item. */
#define WALK_NROWS 32u

static dcm_status reorder(dcm_index *index, uint32_t parent) {
    const dcm_element *rows = index->rows;
    dcm_reordered entry = {.row = parent, .first = index->norder};
    for (uint32_t row = parent + 1; row < rows[parent].end; row = rows[row].end) {
        if (!grow((void **)&index->order, index->norder, &index->order_cap, sizeof row, 256, 0))
            return DCM_E_NO_MEMORY;
        index->order[index->norder++] = row;
    }
    entry.n = index->norder - entry.first;
    dcm_status status = put_in_order(rows, index->order + entry.first, &entry.n);
    index->norder = entry.first + entry.n;
    if (status != DCM_OK) return status;
    if (!grow((void **)&index->reordered, index->nreordered, &index->reordered_cap, sizeof entry, 8, 0))
        return DCM_E_NO_MEMORY;
    index->reordered[index->nreordered++] = entry;
    return DCM_OK;
}

static int compare_findings(const void *a, const void *b) {
    const dcm_finding *one = a, *other = b;
    if (one->offset != other->offset) return one->offset < other->offset ? -1 : 1;
    if (one->tag != other->tag) return one->tag < other->tag ? -1 : 1;
    return one->code < other->code ? -1 : one->code > other->code;
}

dcm_status dcm_index_freeze(dcm_index *index) {
    const dcm_element *rows = index->rows;
    dcm_status status = DCM_OK;
    if (index->top_unsorted) status = put_in_order(rows, index->top, &index->ntop);
    if (index->nfindings == 0) return status; /* what is out of order was noted */
    qsort(index->findings, index->nfindings, sizeof *index->findings, compare_findings);
    for (uint32_t i = 0; status == DCM_OK && i < index->nrows; i++)
        if (rows[i].flags & DCM_ROW_UNSORTED && rows[i].end - i > WALK_NROWS) status = reorder(index, i);
    return status;
}

static uint32_t find_in_order(const dcm_element *rows, const uint32_t *base, uint32_t n, uint32_t tag) {
    if (n == 0) return DCM_NO_ROW;
    while (n > 1) {
        uint32_t half = n / 2;
        base = rows[base[half]].tag <= tag ? base + half : base;
        n -= half;
    }
    return rows[*base].tag == tag ? *base : DCM_NO_ROW;
}

/* Among children in ascending order: a row half-way leads up to the child that holds it. */
static uint32_t find_halving(const dcm_element *rows, uint32_t parent, uint32_t tag) {
    uint32_t low = parent + 1, high = rows[parent].end;
    while (low < high) {
        uint32_t child = low + (high - low) / 2;
        while (rows[child].parent != parent)
            child = rows[child].parent;
        if (rows[child].tag == tag) return child;
        if (rows[child].tag < tag)
            low = rows[child].end;
        else
            high = child;
    }
    return DCM_NO_ROW;
}

const uint32_t *dcm_index_order(const dcm_index *index, uint32_t parent, uint32_t *nrows_out) {
    uint32_t low = 0, high = index->nreordered;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const dcm_reordered *entry = &index->reordered[middle];
        if (entry->row == parent) {
            *nrows_out = entry->n;
            return index->order + entry->first;
        }
        if (entry->row < parent)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static uint32_t find_reordered(const dcm_index *index, uint32_t parent, uint32_t tag) {
    uint32_t n = 0;
    const uint32_t *order = dcm_index_order(index, parent, &n);
    return order ? find_in_order(index->rows, order, n, tag) : DCM_NO_ROW;
}

static uint32_t find_among(const dcm_element *rows, uint32_t row, uint32_t end, uint32_t tag, bool sorted) {
    uint32_t found = DCM_NO_ROW;
    while (row < end) {
        if (rows[row].tag >= tag) {
            if (rows[row].tag == tag) found = row;
            if (sorted) break;
        }
        row = rows[row].end;
    }
    return found;
}

uint32_t dcm_index_find(const dcm_index *index, uint32_t parent, uint32_t tag) {
    if (parent == DCM_NO_ROW) return find_in_order(index->rows, index->top, index->ntop, tag);
    if (parent == DCM_META_ROW) return find_among(index->rows, 0, index->nmeta, tag, false);
    if (parent >= index->nrows) return DCM_NO_ROW;
    const dcm_element *item = &index->rows[parent];
    bool sorted = !(item->flags & DCM_ROW_UNSORTED);
    if (item->end - parent <= WALK_NROWS) return find_among(index->rows, parent + 1, item->end, tag, sorted);
    return sorted ? find_halving(index->rows, parent, tag) : find_reordered(index, parent, tag);
}

void dcm_index_keep(dcm_index *index, const uint32_t *tags, uint32_t ntags) {
    uint32_t n = 0, k = 0;
    for (uint32_t i = 0; i < index->ntop; i++) {
        uint32_t tag = index->rows[index->top[i]].tag;
        while (k < ntags && tags[k] < tag)
            k++;
        if (k < ntags && tags[k] == tag) index->top[n++] = index->top[i];
    }
    index->ntop = n;
}

/* Noted where a header or an end was read otherwise than it stands. */
static bool is_repair(uint32_t code) {
    switch (code) {
    case DCM_F_ENCODING_CHANGES:
    case DCM_F_VR_INVALID:
    case DCM_F_VR_LOWER_CASE:
    case DCM_F_VR_LENGTH_16:
    case DCM_F_VR_LENGTH_32:
    case DCM_F_UNDEFINED_LENGTH:
    case DCM_F_VALUE_TOO_LONG:
    case DCM_F_SEQUENCE_LENGTH:
    case DCM_F_ITEM_LENGTH:
    case DCM_F_DELIMITER_MISSING:
    case DCM_F_DELIMITER_STRAY:
    case DCM_F_TRUNCATED:
    case DCM_F_TRAILING_DATA:
    case DCM_F_FRAGMENT:
        return true;
    default:
        return false;
    }
}

bool dcm_index_is_sound(const dcm_index *index, uint32_t row) {
    const dcm_element *element = &index->rows[row];
    const uint64_t start = element->offset - dcm_row_header_nbytes(element);
    /* where a container was closed too early, what was noted stands at its end */
    const bool container =
        element->vr == DCM_VR_SQ || element->end > row + 1 || element->flags & DCM_ROW_UNDEFINED;
    const uint64_t end = element->offset + element->length + (container ? 8 : 0);
    uint32_t low = 0, high = index->nfindings;
    if (high == 0) return true;
    if (high == MAX_FINDINGS && end > index->findings[high - 1].offset) return false; /* no more were noted */
    while (low < high) {
        const uint32_t middle = (low + high) / 2;
        if (index->findings[middle].offset < start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < index->nfindings && index->findings[low].offset < end; low++)
        if (is_repair(index->findings[low].code)) return false;
    return true;
}
