"""Passages from which a small network learns quickly."""

PASSAGES = [
    f"the {word} is not the {word} that it was,\nbut it is still here.\n\n"
    for word in ("rose", "day", "summer", "brow", "tongue", "winter")
]
VALIDATION = ["the song is not the song that it was,\nbut it is still here.\n\n"]
