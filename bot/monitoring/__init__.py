"""What the operator sees of the running bot: requests, metrics, health, errors."""
