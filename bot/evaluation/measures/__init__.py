"""Measures of the quality of names and verse."""
