"""Corpora, lists of names, the pronunciation lexicon, and the roots of dinosaur names."""
