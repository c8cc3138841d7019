"""Can rows that a model was trained on be told from rows that it was not trained on, by how well it does on them?"""
