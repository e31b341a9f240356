"""Statistics: which questions are drawn, how sure a score is, whether runs differ, what a run could find."""
