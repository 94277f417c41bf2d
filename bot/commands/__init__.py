"""What a member can ask for and what the answer says: requests in, replies out, on any platform."""
