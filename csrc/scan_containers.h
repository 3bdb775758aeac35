/* Sequences, items, fragments, and everything that is not the straight line of the scanner. PS3.5 §7.5. */
#ifndef DCM_SCAN_CONTAINERS_H
#define DCM_SCAN_CONTAINERS_H

#include "scan_internal.h"

/* Whether a value cut off by the end of the source is worth keeping: bulk bytes are, text would mislead. */
bool dcm_scan_keeps_partial(uint16_t vr);

/* Add a row for a header at scanner.pos; keeps order, parent, and top-level rows. */
dcm_status dcm_scan_add(dcm_scanner *s, dcm_index *index, const dcm_header *h, dcm_encoding enc,
                        uint8_t flags, uint32_t *row);

/* Close the container on top of the stack; its content ends at `end`. */
void dcm_scan_close(dcm_scanner *s, dcm_index *index, uint64_t end);

/* Close every open container here and end the scan. */
void dcm_scan_finish(dcm_scanner *s, dcm_index *index);

/* The data set on top of the stack reached its limit. */
dcm_status dcm_scan_end_dataset(dcm_scanner *s, dcm_index *index);

/* Fewer bytes than a header, or bytes that are no header, before the limit. */
dcm_status dcm_scan_cut_short(dcm_scanner *s, const dcm_window *w, dcm_index *index, uint32_t tag);

/* A value longer than its container, for which no other reading was found: widen the container if the
   bytes behind the value say so (USE; or NONE, NEED_MORE), or end the value (too_long) where the container
   ends. */
dcm_repair dcm_scan_widen(dcm_scanner *s, const dcm_window *w, dcm_index *index, const dcm_header *h);
dcm_status dcm_scan_too_long(dcm_scanner *s, const dcm_window *w, dcm_index *index, const dcm_header *h);

/* A tag of group FFFE where an element was expected. */
dcm_status dcm_scan_delimiter(dcm_scanner *s, const dcm_window *w, dcm_index *index);

/* Zero bytes after the last element of the top level: ends the scan and tells so. */
bool dcm_scan_is_padding(dcm_scanner *s, const dcm_window *w, dcm_index *index);

/* Whether the first element of an implicit item is in fact explicit. */
bool dcm_scan_is_explicit(const dcm_scanner *s, const dcm_window *w);

dcm_status dcm_scan_open_undefined(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *h,
                                   dcm_encoding enc);
dcm_status dcm_scan_open_defined(dcm_scanner *s, const dcm_window *w, dcm_index *index, dcm_header *h,
                                 dcm_encoding enc, bool *opened);
dcm_status dcm_scan_read_sequence(dcm_scanner *s, const dcm_window *w, dcm_index *index);
dcm_status dcm_scan_read_fragments(dcm_scanner *s, const dcm_window *w, dcm_index *index);

#endif
