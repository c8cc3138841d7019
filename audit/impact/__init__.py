"""Social impact: rates as numbers of people, in the sample and in a year of decisions."""
