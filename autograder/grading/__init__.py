"""Many submissions to results: a queue, a cache, a pool of processes."""
