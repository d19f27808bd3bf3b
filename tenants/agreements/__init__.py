"""Signed agreements (R12): judged, kept under a name of ours, read back; the pages of the customer's list."""
