"""The grader of the assignments, and what makes their hand-outs: for instructors.

``python -m grading.release`` makes the hand-outs, ``python -m grading.grade`` grades a
class.  The extra ``course`` installs what they need.
"""
