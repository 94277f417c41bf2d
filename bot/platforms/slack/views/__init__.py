"""Views of Slack: messages, modals and App Home, as blocks."""
