"""People answer back: what reviewers are given, what they answer, and what their answers say of flags and labels.

`draw` chooses decisions with known probabilities, `key` remembers them, `tasks`, `sheets` and `label_studio` write what
reviewers see, `reading` and `answers` take answers in, `panel` puts them beside the decisions, and `precision`,
`label_errors`, `noise` and `measure` say what follows. Nothing here asks a model what it decides.
"""
