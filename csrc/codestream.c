/* Which kind of codestream this is, where it starts and how it ends; the header of each kind is read by a
   file of its own. T.81 §B.1.1.3, T.800 Annexes A and I, ISO/IEC 18181-2. */
#include "codestream.h"

#include "guard.h"

#define NOWHERE UINT64_MAX
#define PEEK_NBYTES 64u

typedef enum signature { NOTHING, JPEG, J2K, JP2, JXL, JXL_BOXES } signature;

static const uint8_t jp2_signature[12] = {0, 0, 0, 12, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A};
static const uint8_t jxl_signature[12] = {0, 0, 0, 12, 'J', 'X', 'L', ' ', 0x0D, 0x0A, 0x87, 0x0A};

static signature signature_at(const uint8_t *p, uint64_t nbytes) {
    if (nbytes >= 3 && p[0] == 0xFF && p[1] == 0xD8 && p[2] == 0xFF) return JPEG;
    if (nbytes >= 4 && dcm_load_u32be(p) == 0xFF4FFF51u) return J2K;
    if (nbytes >= 12 && p[3] == 12) {
        if (memcmp(p, jp2_signature, 12) == 0) return JP2;
        if (memcmp(p, jxl_signature, 12) == 0) return JXL_BOXES;
    }
    return NOTHING;
}

/* Two bytes are too weak a signature to look for it anywhere but at the start. */
static bool is_bare_jxl(const uint8_t *in, uint64_t in_nbytes) {
    return in_nbytes >= 2 && in[0] == 0xFF && in[1] == 0x0A;
}

bool dcm_codestream_begins(const uint8_t *in, uint64_t in_nbytes) {
    return signature_at(in, in_nbytes) != NOTHING || is_bare_jxl(in, in_nbytes);
}

/* Where the end marker stands, behind which is only padding; NOWHERE if it is not there. FFD9 cannot be
   within entropy-coded bytes, neither of JPEG (T.81 §B.1.1.5) nor of JPEG 2000 (T.800 §A.1). */
static uint64_t end_marker(const uint8_t *in, uint64_t in_nbytes) {
    const uint64_t least = in_nbytes > PEEK_NBYTES ? in_nbytes - PEEK_NBYTES : 0;
    uint64_t end = in_nbytes;
    while (end > least && (in[end - 1] == 0x00 || in[end - 1] == 0xFF))
        end--;
    if (end - least < 2 || in[end - 1] != 0xD9 || in[end - 2] != 0xFF) return NOWHERE;
    return end - 2;
}

bool dcm_codestream_ends(const uint8_t *in, uint64_t in_nbytes) {
    return end_marker(in, in_nbytes) != NOWHERE;
}

bool dcm_stream_box_at(const uint8_t *in, uint64_t in_nbytes, uint64_t pos, dcm_stream_box *box,
                       dcm_codestream *out) {
    const uint64_t left = in_nbytes - pos;
    uint64_t header = 8, length;
    if (left < header) {
        dcm_stream_note(out, DCM_STREAM_CUT, pos);
        return false;
    }
    length = dcm_load_u32be(in + pos);
    box->type = dcm_load_u32be(in + pos + 4);
    if (length == 1) { /* the length stands behind the type, in 64 bits */
        header = 16;
        if (left < header) {
            dcm_stream_note(out, DCM_STREAM_CUT, pos);
            return false;
        }
        length = dcm_load_u64be(in + pos + 8);
    } else if (length == 0) { /* to the end */
        length = left;
    }
    if (length < header) {
        dcm_stream_note(out, DCM_STREAM_BOX, pos);
        return false;
    }
    if (length > left) dcm_stream_note(out, DCM_STREAM_BOX, pos);
    box->content = pos + header;
    box->end = length > left ? in_nbytes : pos + length;
    return true;
}

/* How the codestream ends; a DNL behind its only scan tells how many rows there are. T.81 §B.2.5. */
static void read_end(const uint8_t *in, dcm_codestream *out) {
    const uint64_t end = out->codestream_offset + out->codestream_nbytes;
    if (out->header_nbytes > end) return;
    const uint8_t *const p = in + out->header_nbytes;
    const uint64_t at = end_marker(p, end - out->header_nbytes);
    out->eoi = at != NOWHERE;
    if (out->dnl && out->complete && out->eoi && at >= 6 && dcm_load_u32be(p + at - 6) == 0xFFDC0004u)
        out->rows = dcm_load_u16be(p + at - 2);
}

dcm_status dcm_codestream_read(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    memset(out, 0, sizeof *out);
    out->sof = DCM_NO_SOF;
    out->lossless = DCM_LOSSLESS_UNKNOWN;
    out->adobe_transform = out->spiff_colour = -1;

    signature found = is_bare_jxl(in, in_nbytes) ? JXL : signature_at(in, in_nbytes);
    uint64_t start = 0;
    while (found == NOTHING && start < DCM_CODESTREAM_MAX_JUNK && start < in_nbytes) {
        start++;
        found = signature_at(in + start, in_nbytes - start);
    }
    if (found == NOTHING) return DCM_OK;

    out->codestream_offset = start;
    out->codestream_nbytes = in_nbytes - start;
    dcm_status status = DCM_OK;
    switch (found) {
    case JPEG:
        status = dcm_codestream_read_jpeg(in, in_nbytes, out);
        break;
    case J2K:
        status = dcm_codestream_read_j2k(in, in_nbytes, out);
        break;
    case JP2:
        status = dcm_codestream_read_jp2(in, in_nbytes, out);
        break;
    case JXL:
        return dcm_codestream_read_jxl(in, in_nbytes, out);
    default:
        return dcm_codestream_read_jxl_boxes(in, in_nbytes, out);
    }
    if (status == DCM_OK) read_end(in, out);
    return status;
}

struct reading {
    const uint8_t *in;
    uint64_t in_nbytes;
    dcm_codestream *out;
    dcm_status status;
};

static void read_all(void *context) {
    struct reading *r = context;
    r->status = dcm_codestream_read(r->in, r->in_nbytes, r->out);
}

dcm_status dcm_codestream_read_guarded(const uint8_t *in, uint64_t in_nbytes, dcm_codestream *out) {
    struct reading reading = {in, in_nbytes, out, DCM_OK};
    return dcm_guarded(read_all, &reading) ? reading.status : DCM_E_CHANGED;
}

dcm_status dcm_codestream_peek_guarded(const uint8_t *in, uint64_t in_nbytes, bool *begins, bool *ends) {
    uint8_t first[PEEK_NBYTES], last[PEEK_NBYTES];
    const size_t n = in_nbytes < PEEK_NBYTES ? (size_t)in_nbytes : PEEK_NBYTES;
    *begins = *ends = false;
    if (n == 0) return DCM_OK;
    if (!dcm_guarded_copy(first, in, n) || !dcm_guarded_copy(last, in + (in_nbytes - n), n))
        return DCM_E_CHANGED;
    *begins = dcm_codestream_begins(first, n);
    *ends = dcm_codestream_ends(last, n);
    return DCM_OK;
}
