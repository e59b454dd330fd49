"""The malicious corpus: submissions that attack their grader, and the naive grader that each of them beats."""
