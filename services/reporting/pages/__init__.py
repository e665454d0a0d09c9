"""The pages that people read: a programme's board and all that can be opened from it, in Thai and English."""
