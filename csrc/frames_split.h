/* Fragments shared out among frames where no offset table tells. PS3.5 §A.4. */
#ifndef DCM_FRAMES_SPLIT_H
#define DCM_FRAMES_SPLIT_H

#include "frames.h"

/* Fill frames->first and nframes from the walked spans. */
dcm_status dcm_frames_split(dcm_frames *frames, const uint8_t *bytes);

#endif
