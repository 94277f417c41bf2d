"""The networks: mathematics, training, decoding. Knows no chat and no settings."""
