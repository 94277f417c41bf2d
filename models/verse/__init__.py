"""Verse: poems under metre, rhyme and form."""
