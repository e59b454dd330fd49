"""Reference → source → release, and the gate that a release must pass."""
