"""Probes ask the model new questions: what would it decide, were this text about another group?"""
