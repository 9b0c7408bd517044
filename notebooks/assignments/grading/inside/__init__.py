"""What of the grader runs in the sandbox, beside a student's code."""
