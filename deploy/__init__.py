"""The product on one machine: its processes and what they stand on."""
