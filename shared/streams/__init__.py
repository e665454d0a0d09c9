"""Kafka in and out: consumers whose effect and offset are one transaction, parking, rebuild."""
