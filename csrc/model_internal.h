/* What the files of the models share among themselves. */
#ifndef DCM_MODEL_INTERNAL_H
#define DCM_MODEL_INTERNAL_H

#include "model.h"

/* Address of a row's value; NULL where the source does not have it. */
const uint8_t *dcm_model_bytes(const dcm_model *model, const dcm_element *row);

/* VR of an element whose header or dictionary leaves it open, in the data set `frame`; DCM_VR_NONE if the
   caller has to tell. */
uint16_t dcm_model_vr(const dcm_model *model, const dcm_model_frame *frame, const dcm_element *row);

/* Private creator of an element, trimmed; empty if there is none. False if the caller has to tell. */
bool dcm_model_creator(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag,
                       dcm_model_text *creator);

/* Whether no lower block of the group has the same creator: then the creator alone leads to the block. */
bool dcm_model_is_first_block(const dcm_model *model, const dcm_model_frame *frame, uint32_t tag,
                              dcm_model_text creator);

/* Character set and Pixel Representation of an item, where it has its own. */
void dcm_model_context(const dcm_model *model, dcm_model_frame *frame);

/* Write the values of an element, not SQ. False, with nothing written, if they are the caller's. */
bool dcm_model_values(dcm_model *model, const dcm_model_frame *frame, const dcm_element *row, uint16_t vr);

/* Base64 of numbers of that size, in little endian. */
void dcm_model_base64(dcm_textbuf *out, const uint8_t *p, uint64_t nbytes, uint32_t swap_nbytes);

/* Put the eight hexadecimal digits of a tag. */
void dcm_model_put_tag(dcm_textbuf *out, uint32_t tag);

#endif
