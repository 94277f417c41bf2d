"""Options of commands as members type them: one line of text, and the values in it."""
