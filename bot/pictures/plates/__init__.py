"""Plates: a creature in its surroundings, as in a field guide, drawn from its profile as SVG."""
