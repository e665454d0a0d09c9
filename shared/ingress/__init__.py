"""Where other systems' facts come in: read, decided like commands, answered once, and told what became of each."""
