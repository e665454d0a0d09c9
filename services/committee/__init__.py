"""The committee service: programmes, mandates, committees with their members, publishers, and the person register."""
