"""The report room: a plan and a run's records become files a person can read; it never judges and reads no clock."""
