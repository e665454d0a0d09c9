"""Rebuilding: the views made anew in a schema beside the live one, compared with it, and put in its place."""
