"""What all commands share: messages, turns, the app, dispatch, sentences for errors."""
