"""Pixels: frames of every transfer syntax as arrays. PS3.3 §C.7.6.3, PS3.5 §8."""
