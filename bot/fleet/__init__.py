"""The processes of one bot: which of them serves what, and what they have to agree on."""
