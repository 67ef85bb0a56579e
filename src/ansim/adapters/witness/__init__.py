"""Witnesses of the ledger, one file each."""
