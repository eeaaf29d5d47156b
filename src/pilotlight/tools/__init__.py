"""The tools half: the command line and what it needs. It never ships in a function."""
