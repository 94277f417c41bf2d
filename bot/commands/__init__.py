"""What a member can ask for and what the answer says. Knows no chat platform."""
