"""Alarms: what they are judged by, who is told of them, and what operators say to them."""
