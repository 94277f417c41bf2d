"""The measures of names and of verse."""
