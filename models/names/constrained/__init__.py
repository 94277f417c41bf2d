"""Constrained sampling: names that start with, contain or end with given pieces."""
