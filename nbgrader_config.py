"""Lets the plain nbgrader commands work in this folder (`nbgrader autograde lab4`, `nbgrader formgrader`)."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "deep-learning"
# Students' packages and images come along; a whole data set does not.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "data", "MNIST"]
c.CourseDirectory.max_file_size = 20_000  # kB
