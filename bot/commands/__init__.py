"""Commands: requests of members in, messages out, on any platform."""
