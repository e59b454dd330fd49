"""Many submissions to results: a queue, a journal, a pool of processes."""
