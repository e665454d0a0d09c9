"""The product's guarantees, checked on raw data: rows of stores, records of topics. Every check lists what it found."""
