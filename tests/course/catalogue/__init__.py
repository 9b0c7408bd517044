"""Usual mistakes and right alternatives, one module an assignment."""
