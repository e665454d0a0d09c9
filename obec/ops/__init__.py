"""``obec ops``: what operators see of the services and order of them, by the services' operator API."""
