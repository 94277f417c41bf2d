"""Parts that the simulators of all platforms share."""
