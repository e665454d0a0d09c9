"""The demonstration: fiscal year 2560 of the programme, lived through by public HTTP on a simulated clock."""
