"""The corpora: where they come from, how they are cleaned and split."""
