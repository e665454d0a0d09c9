"""How events become rows: one module a kind of stream, and the projection that writes what they fold to."""
