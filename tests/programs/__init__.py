"""Small programs that tests put under the supervisor."""
