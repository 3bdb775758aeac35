"""Pixels of images and what belongs to their frames. PS3.3 §C.7.6; PS3.5 §8."""
