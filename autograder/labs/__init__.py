"""What is asked of a submission: pytest files, one folder a lab, one file a notebook."""
