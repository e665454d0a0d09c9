"""The row tables of the dictionary of views, each made by one plain function of the world."""
