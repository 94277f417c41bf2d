"""Deadlines, pauses and intervals of the way to the networks, in seconds."""

STEP_S = 20.0
"""That a step of a text may take: all names of a request, or a line of a poem."""
GRACE_S = 1.0
"""That a writer has to notice that it should stop."""
LOADING_S = 120.0
"""That loading weights and writing a sample may take."""

# The queues
WAIT_S = 600.0
"""That a request may wait until it begins."""
LATER_STEPS_S = 180.0
"""That a request which has begun may wait longer than one that has not."""
PLACE_INTERVAL_S = 3.0
"""Between two reports of a request's place in the queue."""
PLACES_S = 1.0
"""For which the places of all requests hold once they were counted."""
CROWDED_S = 1.0
"""That the oldest request has waited when the newest ones get turns, too."""

# The processes
START_AFTER_S = 0.1
"""That a text has waited when a process is started for it."""
START_S, FORK_S = 60.0, 5.0
"""That a process has to get ready, from nothing and as a fork. A quarter of a second and ten
milliseconds are usual."""
RESTART_S, LONGEST_RESTART_S = 5.0, 300.0
"""Until the next start after a process was lost; they double up to the last."""
IDLE_S = 600.0
"""Without work after which a process ends."""
END_S = 5.0
"""That a process may take to be gone after it was killed."""

# The cluster
CONNECT_S = 5.0
"""That a scheduler or a worker may take to accept a connection."""
RECONNECT_S, LONGEST_RECONNECT_S = 1.0, 30.0
"""Between two attempts to connect; they double up to the last."""
ANSWER_S = 5.0
"""That a scheduler may take to answer."""
CLOSE_S = 0.5
"""That closing a connection may take."""
LOOK_S = 1.0
"""Between two looks at which workers there are."""
READY_S = 30.0
"""That a worker may take to get ready. It may be busy with others' work."""
PING_S = 1.0
"""Between two questions to a worker that writes."""
SILENCE_S = 3.0
"""Within which it has to answer such a question: its event loop has nothing else to do."""
TRANSFER_S = 2.0
"""That a batch may take beyond its deadline, for the way there and back."""
SENDING_S = 60.0
"""That a worker may take to get weights."""
RESEND_S = 60.0
"""After which weights that a worker could not take are sent to it again."""
WEIGHTS_S = 5.0
"""That a batch waits for weights which its worker is sent."""
