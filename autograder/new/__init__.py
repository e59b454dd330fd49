"""Skeletons of tasks and labs that pass the gate as they stand, for an instructor to edit."""
