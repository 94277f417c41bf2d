"""Constrained sampling: names that begin, end or contain what was asked for."""
