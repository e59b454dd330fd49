"""The sandbox around student code: what it is built from on this machine, and the proof that it holds."""
