"""What things cost, as ratios of one run. `python -m tests.bench` is the command."""
