/* Colour by plane and colour by pixel: Planar Configuration 1 and 0. PS3.3 §C.7.6.3.1.3. */
#ifndef DCM_PLANES_H
#define DCM_PLANES_H

#include "base.h"

/* Samples of nbytes (1, 2, 4 or 8) bytes. in and out do not overlap, and need not be aligned. */

/* nplanes planes of npixels samples, stride_nbytes from one to the next, to npixels pixels of nplanes
 * samples. */
void dcm_planes_interleave(const uint8_t *in, size_t stride_nbytes, uint32_t nplanes, uint32_t nbytes,
                           uint8_t *out, size_t npixels);

/* n samples of one plane to their places in pixels of nplanes samples; out is the place of the first. */
void dcm_planes_scatter(const uint8_t *in, uint32_t nplanes, uint32_t nbytes, uint8_t *out, size_t n);

/* Pixels to planes, the planes one after another without a gap. */
void dcm_planes_deinterleave(const uint8_t *in, uint32_t nplanes, uint32_t nbytes, uint8_t *out,
                             size_t npixels);

#endif
