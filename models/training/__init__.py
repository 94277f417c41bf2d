"""Training: the trainer protocol, optimisers and the trainers of single networks."""
