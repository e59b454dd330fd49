"""The proof that a sandbox holds: what it promises, decoys of what it must protect, and an escape probe that tries to
break each promise from inside."""
