"""Constraints on lines: length, metre and rhyme."""
