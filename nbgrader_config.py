"""Makes this folder an nbgrader course: for `nbgrader autograde lab4`, and for formgrader in `jupyter lab`."""

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "deep-learning"
# Students' packages and images come along; a whole data set does not.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "data", "MNIST"]
c.CourseDirectory.max_file_size = 20_000  # kB
