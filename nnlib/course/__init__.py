"""Assignments: checks that explain, for students; release and grading, for instructors.

``checks`` is what a hand-out imports; the other modules are the instructor's.
"""
