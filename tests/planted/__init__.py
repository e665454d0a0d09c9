"""Defects planted on purpose, one at a time: each must turn the test that names it red."""
