"""Long-lived services: inference, training, the model registry, the word filter."""
