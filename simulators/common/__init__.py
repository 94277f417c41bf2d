"""What the simulators of all platforms share."""
