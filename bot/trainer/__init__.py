"""Trainings: their queue, the process that trains, and versions of models, with what is live."""
