"""The native shelf: one extension module per .pyx, bound to csrc/ through libdcm/*.pxd."""
