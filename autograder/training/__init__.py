"""Training: the recipes that notebooks and teachers share, and the reference networks."""
