"""Creatures: the one animal that every name of a dinosaur has."""
