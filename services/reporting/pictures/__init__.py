"""Pictures as SVG text, for pages and documents alike: no style sheet, no style attribute, no script."""
