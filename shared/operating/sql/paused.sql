SELECT consumer FROM consumer_control WHERE paused
