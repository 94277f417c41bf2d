"""Deadlines, pauses and intervals of the way to the networks, in seconds."""

STEP_S = 20.0
"""Limit on a step of a text: all names of a request, or a line of a poem."""
GRACE_S = 1.0
"""Time for a writer to notice that it should stop."""
LOADING_S = 120.0
"""Limit on loading weights and writing a sample."""

# The queues
WAIT_S = 600.0
"""Limit on the wait of a request for its first step."""
LATER_STEPS_S = 180.0
"""How much longer a request may wait once it has begun."""
PLACE_INTERVAL_S = 3.0
"""Interval between two reports of a request's place in the queue."""
PLACES_S = 1.0
"""How long the places of all requests hold once they were counted."""
CROWDED_S = 1.0
"""Wait of the oldest request from which on the newest ones get turns, too."""

# The processes
START_AFTER_S = 0.1
"""Wait of a text after which a process is started for it."""
START_S, FORK_S = 60.0, 5.0
"""Limits on the start of a process, from nothing and as a fork. A quarter of a second and ten
milliseconds are usual."""
RESTART_S, LONGEST_RESTART_S = 5.0, 300.0
"""Shortest and longest pause before another start after a process was lost; the pause doubles."""
IDLE_S = 600.0
"""Time without work after which a process ends."""
END_S = 5.0
"""Limit on the end of a process that was killed."""

# The cluster
CONNECT_S = 5.0
"""Limit on the time until a scheduler or a worker accepts a connection."""
RECONNECT_S, LONGEST_RECONNECT_S = 1.0, 30.0
"""Shortest and longest pause between two attempts to connect; the pause doubles."""
ANSWER_S = 5.0
"""Limit on the answer of a scheduler."""
CLOSE_S = 0.5
"""Limit on closing a connection."""
LOOK_S = 1.0
"""Interval between two looks at which workers there are."""
READY_S = 30.0
"""Limit on the time until a worker is ready. It may be busy with others' work."""
PING_S = 1.0
"""Interval between two pings of a worker that writes."""
SILENCE_S = 3.0
"""Limit on the answer to a ping: the worker's event loop has nothing else to do."""
TRANSFER_S = 2.0
"""Time that a batch may take beyond its deadline, for the way there and back."""
SENDING_S = 60.0
"""Limit on sending weights to a worker."""
RESEND_S = 60.0
"""Pause after which weights that a worker could not take are sent to it again."""
WEIGHTS_S = 5.0
"""How long a batch waits for weights that are being sent to its worker."""
