"""The rules of the domain, recounted from the events alone. Every check lists what it found."""
