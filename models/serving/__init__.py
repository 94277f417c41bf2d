"""Networks made fast and small: computed in parallel, in blocks, in 8 bits, in shared memory."""
