"""Activities of the programme: plan, meetings, workshops, briefings and money."""
