"""The report as a document: its content, and the files rendered from it."""
