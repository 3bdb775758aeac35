/* A data set against its IOD: modules, attribute types, conditions. PS3.3; PS3.5 §7.4.

   The attributes of a data set or item are put in order once, and each list of the tables is merged with
   them. Items wait on a stack with the lists that rule them: no recursion, and memory for one way down only.
 */
#include "iodcheck.h"

#include "guard.h"
#include "number.h"
#include "peek.h"
#include "terms.h"
#include "text.h"
#include "vr.h"

#include <stdlib.h>

#define SHARED_GROUPS 0x52009229u
#define PER_FRAME_GROUPS 0x52009230u

/* A list that rules a data set or item, and the module that it belongs to. */
typedef struct ruling {
    uint16_t list, module;
    bool active; /* its module is there: its types count */
} ruling;

typedef struct child {
    uint32_t tag; /* as in the file */
    uint32_t row;
    uint16_t nknown; /* lists that have it */
    uint16_t owner;  /* the last of them */
} child;

/* A sequence whose items wait, and rulings[first .. first + n) for each. */
typedef struct waiting {
    uint32_t sequence, next; /* the sequence and the item that is next; `next` is its end when all are done */
    uint32_t first, n;
} waiting;

#define GROWING(type, name)                                                                                  \
    struct {                                                                                                 \
        type *all;                                                                                           \
        uint32_t n, capacity;                                                                                \
    } name

struct check {
    const dcm_index *index;
    const dcm_source *source;
    const dcm_iod *iod;
    dcm_iod_problems *problems;
    bool extra;
    bool no_memory;
    GROWING(ruling, rulings);
    GROWING(child, children);
    GROWING(waiting, stack);
};

void dcm_iod_problems_init(dcm_iod_problems *problems, uint32_t limit) {
    *problems = (dcm_iod_problems){.limit = limit};
}

void dcm_iod_problems_free(dcm_iod_problems *problems) {
    free(problems->all);
    dcm_iod_problems_init(problems, problems->limit);
}

/* Room for one more; NULL and `no_memory` where there is none. */
static void *room(struct check *check, void *all, uint32_t n, uint32_t *capacity, size_t nbytes) {
    if (n < *capacity) return all;
    const uint32_t more = *capacity ? 2 * *capacity : 64;
    void *grown = more > *capacity && more <= SIZE_MAX / nbytes ? realloc(all, more * nbytes) : NULL;
    if (!grown) {
        check->no_memory = true;
        return NULL;
    }
    *capacity = more;
    return grown;
}

#define APPEND(check, list, ...)                                                                             \
    do {                                                                                                     \
        void *grown = room(check, (list)->all, (list)->n, &(list)->capacity, sizeof *(list)->all);           \
        if (grown) {                                                                                         \
            (list)->all = grown;                                                                             \
            (list)->all[(list)->n++] = __VA_ARGS__;                                                          \
        }                                                                                                    \
    } while (0)

/* ---- values */

static bool has_value(struct check *check, uint32_t row) {
    const dcm_element *element = &check->index->rows[row];
    if (element->vr == DCM_VR_SQ || element->flags & DCM_ROW_FRAGMENTS)
        return element->end > row + 1 || element->flags & DCM_ROW_LAZY || element->length > 0;
    if (element->length == 0 || element->length > 64 || dcm_text_kind_of(element->vr) == DCM_TEXT_NOT)
        return element->length > 0;
    const uint8_t *p = dcm_peek(check->source, element->offset, element->length);
    return p && dcm_text_trim(p, element->length) > 0;
}

static bool any_is_one_of(struct check *check, uint32_t row, const char *texts) {
    const dcm_element *element = &check->index->rows[row];
    const uint8_t *p = dcm_peek(check->source, element->offset, element->length);
    if (!p || dcm_text_kind_of(element->vr) != DCM_TEXT_MULTI) return false;
    for (const uint8_t *const end = p + element->length;;) {
        const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
        if (dcm_term_is_one_of(texts, p, (uint64_t)((stop ? stop : end) - p))) return true;
        if (!stop) return false;
        p = stop + 1;
    }
}

static bool is_greater(struct check *check, uint32_t row, const char *text) {
    const dcm_element *element = &check->index->rows[row];
    const uint8_t *p = dcm_peek(check->source, element->offset, element->length);
    int64_t value = 0, bound = 0;
    if (!p || !dcm_parse_is((const uint8_t *)text, strlen(text), &bound)) return false;
    if (element->vr == DCM_VR_US && element->length >= 2)
        value = dcm_load_u16(p, element->flags & DCM_ROW_BIG_ENDIAN);
    else if (element->vr != DCM_VR_IS || !dcm_parse_is(p, (size_t)element->length, &value))
        return false;
    return value > bound;
}

static bool holds(struct check *check, uint32_t container, const dcm_condition_term *term) {
    const uint32_t row = dcm_index_find(check->index, container, term->tag);
    if (term->when == DCM_WHEN_ABSENT) return row == DCM_NO_ROW;
    if (row == DCM_NO_ROW) return false;
    if (term->when == DCM_WHEN_PRESENT) return has_value(check, row);
    if (term->when == DCM_WHEN_EQUALS) return any_is_one_of(check, row, term->text);
    return is_greater(check, row, term->text);
}

/* Whether the tables know that the attribute must be there. */
static bool is_required(struct check *check, uint32_t container, uint32_t tag, uint16_t module) {
    for (uint32_t i = 0; i < dcm_nconditions && dcm_conditions[i].tag <= tag; i++) {
        const dcm_condition *condition = &dcm_conditions[i];
        if (condition->tag != tag || (condition->module && condition->module != module + 1)) continue;
        uint32_t n = 0;
        while (n < condition->nterms && holds(check, container, &dcm_condition_terms[condition->first + n]))
            n++;
        if (n == condition->nterms) return true;
    }
    return false;
}

/* ---- problems */

static void note(struct check *check, const dcm_iod_problem *problem) {
    dcm_iod_problems *problems = check->problems;
    if (problems->n >= problems->limit)
        problems->cut = true;
    else
        APPEND(check, problems, *problem);
}

static int compare_problems(const void *left, const void *right) {
    const dcm_iod_problem *a = left, *b = right;
    if (a->tag != b->tag) return a->tag < b->tag ? -1 : 1;
    if (a->type != b->type) return (int)a->type - (int)b->type;
    return (int)a->module - (int)b->module;
}

/* Several modules may ask for the same attribute: the strictest stays. */
static void unite(dcm_iod_problems *problems, uint32_t first) {
    if (problems->n - first < 2) return;
    qsort(problems->all + first, problems->n - first, sizeof *problems->all, compare_problems);
    uint32_t kept = first + 1;
    for (uint32_t i = kept; i < problems->n; i++)
        if (problems->all[i].tag != problems->all[kept - 1].tag) problems->all[kept++] = problems->all[i];
    problems->n = kept;
}

/* ---- a list against the attributes of a data set or item */

struct item {
    uint32_t row;   /* DCM_NO_ROW at top level */
    bool is_groups; /* of functional groups: each may be in the other sequence */
};

static void check_missing(struct check *check, const struct item *item, const ruling *by, uint32_t tag,
                          const dcm_iod_attribute *attribute) {
    const dcm_attribute_type type = (dcm_attribute_type)attribute->type;
    bool required = type == DCM_TYPE_1 || type == DCM_TYPE_2;
    if (item->is_groups) required = false;
    if (attribute->conditional && (type == DCM_TYPE_1C || type == DCM_TYPE_2C))
        required = is_required(check, item->row, tag, by->module);
    if (!required) return;
    const dcm_iod_problem problem = {item->row,  DCM_NO_ROW,      tag,
                                     by->module, DCM_IOD_MISSING, attribute->type};
    note(check, &problem);
}

static void check_present(struct check *check, const struct item *item, const ruling *by, const child *found,
                          const dcm_iod_attribute *attribute) {
    const bool valued = attribute->type == DCM_TYPE_1 || attribute->type == DCM_TYPE_1C;
    if (!valued || has_value(check, found->row)) return;
    const bool sequence = check->index->rows[found->row].vr == DCM_VR_SQ;
    const dcm_iod_code code = sequence ? DCM_IOD_NO_ITEMS : DCM_IOD_EMPTY;
    const dcm_iod_problem problem = {item->row,  found->row,    found->tag,
                                     by->module, (uint8_t)code, attribute->type};
    note(check, &problem);
}

/* First child from `at` on whose tag is not below. */
static uint32_t seek(const struct check *check, uint32_t at, uint32_t tag) {
    while (at < check->children.n && check->children.all[at].tag < tag)
        at++;
    return at;
}

enum pass { COUNT, JUDGE };

/* Attributes [from, to) of a list, those of a repeating group moved by `shift`. */
static void merge(struct check *check, const struct item *item, const ruling *by, uint32_t from, uint32_t to,
                  uint32_t shift, enum pass pass) {
    uint32_t at = 0;
    for (uint32_t i = from; i < to; i++) {
        const dcm_iod_attribute *attribute = &dcm_iod_attributes[i];
        const uint32_t tag = attribute->tag + shift;
        at = seek(check, at, tag);
        child *found =
            at < check->children.n && check->children.all[at].tag == tag ? &check->children.all[at] : NULL;
        if (pass == COUNT) {
            if (found) found->nknown++, found->owner = by->module;
        } else if (!found) {
            check_missing(check, item, by, tag, attribute);
        } else {
            check_present(check, item, by, found, attribute);
        }
    }
}

/* A whole list; the attributes of overlays (60xx) once for every overlay that is there. PS3.5 §7.6. */
static void merge_list(struct check *check, const struct item *item, const ruling *by, enum pass pass) {
    const uint32_t from = dcm_iod_lists[by->list], to = dcm_iod_lists[by->list + 1];
    uint32_t first = from, last;
    while (first < to && dcm_iod_attributes[first].tag < 0x60000000u)
        first++;
    for (last = first; last < to && dcm_iod_attributes[last].tag < 0x60010000u;)
        last++;
    merge(check, item, by, from, first, 0, pass);
    merge(check, item, by, last, to, 0, pass);
    for (uint32_t at = seek(check, 0, 0x60000000u); first < last && at < check->children.n;) {
        const uint32_t group = check->children.all[at].tag >> 16;
        if (group > 0x60FF) break;
        if (!(group & 1)) merge(check, item, by, first, last, (group - 0x6000u) << 16, pass);
        at = seek(check, at, (group + 1) << 16);
    }
}

/* ---- a data set or item */

static int compare_children(const void *left, const void *right) {
    const child *a = left, *b = right;
    if (a->tag != b->tag) return a->tag < b->tag ? -1 : 1;
    return a->row < b->row ? -1 : 1;
}

/* The attributes in ascending order; of doubled ones the last. */
static void gather(struct check *check, uint32_t container) {
    const dcm_index *index = check->index;
    check->children.n = 0;
    if (container == DCM_NO_ROW) {
        for (uint32_t i = 0; i < index->ntop; i++)
            APPEND(check, &check->children, (child){index->rows[index->top[i]].tag, index->top[i], 0, 0});
        return;
    }
    for (uint32_t row = container + 1; row < index->rows[container].end; row = index->rows[row].end)
        APPEND(check, &check->children, (child){index->rows[row].tag, row, 0, 0});
    if (!(index->rows[container].flags & DCM_ROW_UNSORTED) || check->children.n < 2) return;
    child *all = check->children.all;
    qsort(all, check->children.n, sizeof *all, compare_children);
    uint32_t kept = 0;
    for (uint32_t i = 1; i < check->children.n; i++) {
        if (all[i].tag != all[kept].tag) kept++;
        all[kept] = all[i];
    }
    check->children.n = kept + 1;
}

/* A module that need not be there is there if something is that only it has. */
static void activate(struct check *check, uint32_t first, uint32_t n) {
    for (uint32_t i = 0; i < check->children.n; i++) {
        const child *one = &check->children.all[i];
        for (uint32_t k = first; one->nknown == 1 && k < first + n; k++)
            if (check->rulings.all[k].module == one->owner) check->rulings.all[k].active = true;
    }
}

/* Let the items of the sequences wait, with the lists that rule them. */
static void push_sequences(struct check *check, uint32_t first, uint32_t n) {
    const dcm_element *rows = check->index->rows;
    for (uint32_t i = 0; i < check->children.n && !check->no_memory; i++) {
        const child one = check->children.all[i];
        if (one.nknown == 0 || rows[one.row].vr != DCM_VR_SQ || rows[one.row].end == one.row + 1) continue;
        const uint32_t begin = check->rulings.n;
        for (uint32_t k = first; k < first + n && !check->no_memory; k++) {
            const ruling by = check->rulings.all[k];
            const dcm_iod_attribute *attribute = dcm_iod_list_find(by.list, dcm_iod_tag(one.tag));
            if (attribute && attribute->items)
                APPEND(check, &check->rulings, (ruling){attribute->items, by.module, by.active});
        }
        if (check->rulings.n > begin)
            APPEND(check, &check->stack, (waiting){one.row, one.row + 1, begin, check->rulings.n - begin});
    }
}

static void note_extra(struct check *check, const struct item *item) {
    for (uint32_t i = 0; i < check->children.n; i++) {
        const child *one = &check->children.all[i];
        if (one->nknown || one->tag >> 16 & 1 || !(one->tag & 0xFFFFu) || one->tag >> 16 >= 0xFFFC) continue;
        const dcm_iod_problem problem = {item->row, one->row, one->tag, 0, DCM_IOD_NOT_IN_IOD, DCM_TYPE_NONE};
        note(check, &problem);
    }
}

static void check_item(struct check *check, const struct item *item, uint32_t first, uint32_t n) {
    const uint32_t problems = check->problems->n;
    gather(check, item->row);
    for (uint32_t k = first; k < first + n; k++)
        merge_list(check, item, &check->rulings.all[k], COUNT);
    if (item->row == DCM_NO_ROW) activate(check, first, n);
    for (uint32_t k = first; k < first + n; k++)
        if (check->rulings.all[k].active) merge_list(check, item, &check->rulings.all[k], JUDGE);
    unite(check->problems, problems);
    if (check->extra) note_extra(check, item);
    push_sequences(check, first, n);
}

static void check_all(void *context) {
    struct check *check = context;
    const dcm_element *rows = check->index->rows;
    for (uint32_t i = check->iod->first; i < check->iod->end; i++) {
        const dcm_iod_use *use = &dcm_iod_uses[i];
        const uint16_t list = dcm_iod_modules[use->module].list;
        if (list) APPEND(check, &check->rulings, (ruling){list, use->module, use->usage == 'M'});
    }
    check_item(check, &(struct item){DCM_NO_ROW, false}, 0, check->rulings.n);
    while (check->stack.n && !check->no_memory && !check->problems->cut) {
        waiting *top = &check->stack.all[check->stack.n - 1];
        const uint32_t row = top->next;
        if (row >= rows[top->sequence].end) {
            check->rulings.n = top->first;
            check->stack.n--;
            continue;
        }
        top->next = rows[row].end;
        const uint32_t tag = rows[top->sequence].tag;
        const struct item item = {row, tag == SHARED_GROUPS || tag == PER_FRAME_GROUPS};
        if (rows[row].vr == DCM_VR_NONE) check_item(check, &item, top->first, top->n);
    }
}

dcm_status dcm_check_iod(const dcm_index *index, const dcm_source *source, const dcm_iod *iod, bool extra,
                         dcm_iod_problems *problems) {
    struct check check = {.index = index, .source = source, .iod = iod, .problems = problems, .extra = extra};
    const bool whole = dcm_guarded(check_all, &check);
    free(check.rulings.all);
    free(check.children.all);
    free(check.stack.all);
    if (!whole) return DCM_E_CHANGED;
    return check.no_memory ? DCM_E_NO_MEMORY : DCM_OK;
}
