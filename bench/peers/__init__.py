"""What the product is compared with; each program runs in the peers' environment and imports nothing of the product."""
