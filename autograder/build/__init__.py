"""Builds source and release from the reference, and tests them at the gate."""
