"""Compilers of the tables and lists in `data/`."""
