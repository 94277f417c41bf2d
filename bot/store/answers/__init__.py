"""What answers leave behind: states of their buttons, and a record while they are in progress."""
