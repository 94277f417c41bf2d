"""Names: generation, constraints, training, dissection."""
