"""Training: recipes and trainers, the run with its checkpoint, and trainers of single networks."""
