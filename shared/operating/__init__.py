"""What operators see of a service and order of it; every service has it, the same."""
