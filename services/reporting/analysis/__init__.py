"""Read-only views for analysts: the same figures as the API's, in SQL, without anybody's name or number."""
