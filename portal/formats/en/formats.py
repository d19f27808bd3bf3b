"""Dates and times where nobody asks for a pattern, above all in the lists of the admin: as in the portal's own tables.

Lists do not leave out the year, as those tables do: a pattern knows no "this year".
"""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
