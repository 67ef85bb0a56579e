"""Proofs of who somebody is, in the forms of the world outside."""
