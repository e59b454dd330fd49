"""Static HTML made from the results: a page for the class and one for each student."""

from autograder.feedback.pages import write_report

__all__ = ["write_report"]
