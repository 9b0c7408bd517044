"""The grader of the assignments, and what makes their hand-outs: for instructors."""
