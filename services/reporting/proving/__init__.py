"""What is proved of the views and of published reports, kept and shown."""
