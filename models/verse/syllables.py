"""Moved to `data.syllables`."""

from data.syllables import syllables_of as syllables_of
