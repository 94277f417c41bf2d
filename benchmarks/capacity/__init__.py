"""Capacity: what some servers need, by calculation and by a simulation of a day or of a rush."""
