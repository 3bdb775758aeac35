/* One data element header in a given encoding, and how far it can be believed. PS3.5 §7.1. */
#include "header.h"

#include "dict.h"
#include "vr.h"

dcm_header dcm_header_decode(const dcm_window *window, uint64_t pos, dcm_encoding encoding) {
    dcm_header header = {0};
    if (pos > window->nbytes || window->nbytes - pos < 8) return header;
    const uint8_t *p = window->bytes + pos;
    header.tag = dcm_load_tag(p, encoding.big);
    if (encoding.implicit || header.tag >> 16 == 0xFFFE) {
        header.vr = header.tag >> 16 == 0xFFFE ? DCM_VR_NONE : dcm_dict_vr(header.tag);
        header.length = dcm_load_u32(p + 4, encoding.big);
        header.nbytes = 8;
        return header;
    }
    header.vr = dcm_load_u16le(p + 4);
    switch (dcm_vr_class_of(header.vr)) {
    case DCM_VR_SHORT:
        header.length = dcm_load_u16(p + 6, encoding.big);
        header.nbytes = 8;
        break;
    case DCM_VR_LONG:
        if (window->nbytes - pos < 12) break;
        header.length = dcm_load_u32(p + 8, encoding.big);
        header.nbytes = 12;
        break;
    case DCM_VR_UNKNOWN:
        break;
    }
    return header;
}

/* A tag that real files hold: of the dictionary, a group length, or private with a sound group. */
static bool tag_known(uint32_t tag) {
    uint32_t group = tag >> 16, element = tag & 0xFFFF;
    if (group & 1) return group > 8 && group != 0xFFFF && element >= 0x10;
    if (element == 0) return group >= 2 && group <= 0x7FE0 && (group & 0xFF) != 0;
    return dcm_dict_find(tag) != NULL;
}

static bool fits(const dcm_header *header, uint64_t pos, uint64_t limit) {
    if (pos > limit || limit - pos < header->nbytes) return false;
    if (header->length == DCM_UNDEFINED_LENGTH)
        return header->vr == DCM_VR_SQ || header->vr == DCM_VR_UN || header->vr == DCM_VR_OB ||
               header->vr == DCM_VR_OW || header->vr == DCM_VR_OX;
    return header->length <= limit - pos - header->nbytes;
}

/* A value longer than this is not stepped over to see what stands behind it. */
#define SIGHT_NBYTES 4096u

uint64_t dcm_header_sight(const dcm_window *window, uint64_t pos, uint64_t limit, dcm_encoding encoding) {
    if (pos > window->nbytes || window->nbytes - pos < 12) return pos + 12;
    dcm_header header = dcm_header_decode(window, pos, encoding);
    if (header.nbytes == 0 || header.length > SIGHT_NBYTES || !fits(&header, pos, limit)) return pos + 12;
    return pos + header.nbytes + header.length + 12;
}

int dcm_header_score(const dcm_window *window, uint64_t pos, uint64_t limit, dcm_encoding encoding) {
    dcm_header header = dcm_header_decode(window, pos, encoding);
    if (header.nbytes == 0 || header.tag == 0 || header.tag >> 16 == 0xFFFE) return 0;
    if (!fits(&header, pos, limit)) return 0;
    int score = 1;
    if (tag_known(header.tag)) score += 2;
    if (header.length == DCM_UNDEFINED_LENGTH) return score + 1;
    uint64_t next = pos + header.nbytes + header.length;
    if (next == limit) return score + 2;
    if (header.length > SIGHT_NBYTES) return score + 1;
    if (next > window->nbytes || window->nbytes - next < 8) return score;
    dcm_header follower = dcm_header_decode(window, next, encoding);
    if (follower.nbytes && follower.tag > header.tag && tag_known(follower.tag)) score += 2;
    return score;
}

bool dcm_header_may_follow(const dcm_window *window, uint64_t pos, uint64_t limit, uint32_t last_tag,
                           dcm_encoding one, dcm_encoding other) {
    if (pos >= limit) return pos == limit;
    if (limit - pos < 8) return false;
    if (pos > window->nbytes || window->nbytes - pos < 8) return false;
    for (int i = 0; i < 2; i++) {
        dcm_encoding encoding = i ? other : one;
        dcm_header header = dcm_header_decode(window, pos, encoding);
        if (header.tag == DCM_TAG_ITEM || header.tag == DCM_TAG_ITEM_END ||
            header.tag == DCM_TAG_SEQUENCE_END)
            return true;
        if (header.nbytes == 0 || header.tag <= last_tag || !tag_known(header.tag)) continue;
        if (!encoding.implicit || fits(&header, pos, limit)) return true;
    }
    return false;
}
