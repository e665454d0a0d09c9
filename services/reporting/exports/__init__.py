"""Answers as files: what a view gives, as flat tables, in CSV, Excel and Parquet."""
