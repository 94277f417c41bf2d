"""Sense of verse: four measures of how far poems are from meaning something."""
