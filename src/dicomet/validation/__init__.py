"""Data sets against the standard: structure, values, modules and attribute types. See docs/validate.md."""
