/* Command sets: the elements of group 0000. PS3.7 §6.3.1, Annex E. */
#ifndef DCM_COMMAND_H
#define DCM_COMMAND_H

#include "base.h"

/* How a value is read and written. */
typedef enum dcm_command_form {
    DCM_COMMAND_BYTES = 0, /* not an element of Table E.1-1 or E.2-1 */
    DCM_COMMAND_US = 1,
    DCM_COMMAND_UL = 2,
    DCM_COMMAND_AT = 3,   /* pairs of US */
    DCM_COMMAND_UI = 4,   /* padded by a NUL */
    DCM_COMMAND_TEXT = 5, /* padded by a space */
} dcm_command_form;

/* An element: its value stands at in + offset. */
typedef struct dcm_command_element {
    uint16_t element; /* of the tag; the group is 0000 */
    uint32_t offset, length;
} dcm_command_element;

dcm_command_form dcm_command_form_of(uint16_t element);

/* Read the element at *at, and go behind it. DCM_OK; DCM_NEED_MORE at the end; DCM_E_RANGE where the header
   or the value is cut off, or the element is not of group 0000. */
dcm_status dcm_command_next(const uint8_t *in, uint32_t in_nbytes, uint32_t *at, dcm_command_element *out);

/* Bytes of an element with a value of so many. */
uint64_t dcm_command_nbytes(uint32_t value_nbytes);

/* Write the header of an element, and its padding behind a value that the caller puts at the place that is
   returned. out has dcm_command_nbytes. */
uint8_t *dcm_command_put(uint8_t *out, uint16_t element, uint32_t value_nbytes);

#endif
