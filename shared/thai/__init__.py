"""Thai conventions that every service shares: fiscal calendar, digits, text, collation and inspection regions."""
