"""What the bot shows on Slack: messages, modals and App Home, as blocks."""
