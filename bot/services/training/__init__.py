"""Training from the chat: the queue, the child process and its events."""
