"""Makes new tasks and labs, small ones that pass the gate, for an instructor to edit."""
