"""The networks and their mathematics: character in, distribution over the next character out."""
