"""Whole stories on the whole product: seven processes, real servers, public HTTP, and the oracle that recounts."""
