"""Every mail of the portal with made-up data, for staff to read; nothing of it is stored, nothing is sent."""
