"""HTTP as every service speaks it: commands, problems, authorisation, health."""
