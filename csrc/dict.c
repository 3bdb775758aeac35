/* Look-ups in the generated tables: data elements, UIDs, private elements. PS3.6; PS3.5 §6.2.2,
 * §7.8.
 *
 * A tag is found by one multiplication, one 16-bit slot and one entry of 16 bytes: no state and no
 * cursor, so nested items and unordered files cost the same. The common tags sit in their first
 * slot and the generator bounds the probes of all others. Repeating tags are looked at only after a
 * miss. Keywords, UIDs and private creators are found by perfect hashes: one slot, one compare. */
#include "dict.h"

#include "tables/tables.h"
#include "vr.h"

static inline const dcm_dict_entry *find_exact(uint32_t tag) {
    const uint16_t *slot = dcm_tag_slots + (tag * DCM_TAG_HASH_MULTIPLIER >> DCM_TAG_HASH_SHIFT);
    for (; *slot; slot++) { /* the table ends in empty slots */
        const dcm_dict_entry *entry = &dcm_dict_entries[*slot - 1];
        if (DCM_LIKELY(entry->tag == tag)) return entry;
    }
    return NULL;
}

static const dcm_dict_entry *find_repeating(uint32_t tag) {
    if ((tag & 0xFFFFu) == 0 || (tag & 0x10000u)) return NULL; /* group length, private */
    if (DCM_GROUP_REPEATS(tag >> 24)) return find_exact(tag & 0xFF00FFFFu);
    for (uint32_t i = 0; i < dcm_nrepeaters; i++)
        if ((tag & dcm_repeaters[i].mask) == dcm_repeaters[i].tag)
            return &dcm_dict_entries[dcm_repeaters[i].entry];
    return NULL;
}

const dcm_dict_entry *dcm_dict_find(uint32_t tag) {
    const dcm_dict_entry *entry = find_exact(tag);
    return DCM_LIKELY(entry != NULL) ? entry : find_repeating(tag);
}

uint16_t dcm_dict_vr(uint32_t tag) {
    if ((tag & 0xFFFFu) == 0) return DCM_VR_UL;
    if (tag & 0x10000u) {
        const uint32_t element = tag & 0xFFFFu;
        return element >= 0x10 && element <= 0xFF ? DCM_VR_LO : DCM_VR_UN;
    }
    const dcm_dict_entry *entry = dcm_dict_find(tag);
    return entry ? entry->vr : DCM_VR_UN;
}

uint32_t dcm_dict_mask(const dcm_dict_entry *entry) {
    const uint32_t group = entry->tag >> 16;
    if ((group & 0xFFu) == 0 && DCM_GROUP_REPEATS(group >> 8)) return 0xFF00FFFFu;
    const uint32_t index = (uint32_t)(entry - dcm_dict_entries);
    for (uint32_t i = 0; i < dcm_nrepeaters; i++)
        if (dcm_repeaters[i].entry == index) return dcm_repeaters[i].mask;
    return UINT32_MAX;
}

static inline uint64_t mix(uint64_t state, uint64_t value) {
    state = (state ^ value) * DCM_STRING_MULTIPLIER;
    return state ^ state >> 32;
}

/* Eight bytes a step, the last step overlapping; tools/_hashing.py has the same. nbytes > 0. */
static inline uint64_t string_hash(const uint8_t *key, size_t nbytes, uint32_t seed) {
    uint64_t state = seed ^ nbytes * DCM_STRING_MULTIPLIER;
    if (nbytes >= 8) {
        for (size_t at = 0; at + 8 < nbytes; at += 8)
            state = mix(state, dcm_load_u64le(key + at));
        state = mix(state, dcm_load_u64le(key + nbytes - 8));
    } else if (nbytes >= 4) {
        state = mix(state, (uint64_t)dcm_load_u32le(key) << 32 | dcm_load_u32le(key + nbytes - 4));
    } else {
        state = mix(state, (uint64_t)key[0] << 16 | (uint64_t)key[nbytes >> 1] << 8 | key[nbytes - 1]);
    }
    return state * DCM_STRING_MULTIPLIER;
}

/* The only slot where a key can be: an index plus one, 0 if the key is unknown. */
static inline uint32_t find_slot(const dcm_perfect_hash *table, const char *key, size_t nbytes) {
    if (nbytes == 0 || nbytes > table->max_nbytes) return 0;
    const uint64_t hash = string_hash((const uint8_t *)key, nbytes, table->seed);
    const uint64_t step = (hash >> 20 & table->mask) | 1u;
    const uint64_t move = table->displacements[hash >> table->bucket_shift];
    return table->slots[(hash + move * step) & table->mask];
}

/* The text ends in as many NULs as the longest key has bytes: the compare stays inside. */
static inline bool text_equals(uint32_t offset, const char *key, size_t nbytes) {
    const char *text = dcm_dict_text + offset;
    return memcmp(text, key, nbytes) == 0 && text[nbytes] == '\0';
}

const dcm_dict_entry *dcm_dict_find_keyword(const char *keyword, size_t keyword_nbytes) {
    const uint32_t slot = find_slot(&dcm_keyword_hash, keyword, keyword_nbytes);
    if (slot == 0) return NULL;
    const dcm_dict_entry *entry = &dcm_dict_entries[slot - 1];
    return text_equals(entry->keyword, keyword, keyword_nbytes) ? entry : NULL;
}

const dcm_uid_entry *dcm_uid_find(const char *uid, size_t uid_nbytes) {
    const uint32_t slot = find_slot(&dcm_uid_hash, uid, uid_nbytes);
    if (slot == 0) return NULL;
    const dcm_uid_entry *entry = &dcm_uid_entries[slot - 1];
    return text_equals(entry->uid, uid, uid_nbytes) ? entry : NULL;
}

const dcm_uid_entry *dcm_uid_find_keyword(const char *keyword, size_t keyword_nbytes) {
    const uint32_t slot = find_slot(&dcm_uid_keyword_hash, keyword, keyword_nbytes);
    if (slot == 0) return NULL;
    const dcm_uid_entry *entry = &dcm_uid_entries[slot - 1];
    return text_equals(entry->keyword, keyword, keyword_nbytes) ? entry : NULL;
}

static const dcm_private_entry *find_private(uint32_t low, uint32_t high, uint32_t group, uint32_t element) {
    const uint32_t wanted = group << 8 | element;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const dcm_private_entry *entry = &dcm_private_entries[middle];
        const uint32_t found = (uint32_t)entry->group << 8 | entry->element;
        if (found == wanted) return entry;
        if (found < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const dcm_private_entry *dcm_private_find(const char *creator, size_t creator_nbytes, uint32_t tag) {
    const uint32_t slot = find_slot(&dcm_creator_hash, creator, creator_nbytes);
    if (slot == 0 || !(tag & 0x10000u)) return NULL;
    if (!text_equals(dcm_creators[slot - 1], creator, creator_nbytes)) return NULL;
    const uint32_t low = dcm_private_starts[slot - 1], high = dcm_private_starts[slot];
    const uint32_t group = tag >> 16, element = tag & 0xFFu;
    const dcm_private_entry *entry = find_private(low, high, group, element);
    /* An even group stands for all odd groups with its high byte. */
    return entry ? entry : find_private(low, high, group & 0xFF00u, element);
}
