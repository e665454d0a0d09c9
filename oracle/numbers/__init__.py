"""What is computed when it is asked, from the row tables at T, for one programme."""
