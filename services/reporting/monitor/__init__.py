"""The stream monitor: what comes by on the topics, from whom and how fast, and who has fallen silent."""
