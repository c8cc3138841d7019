"""Who does the heavy work: numbered parts of rows go through a model, in this process or in many.

Every heavy stage is the same thing: a *job* (what is to be done), its *parts* (numbered, each a few rows), and a
*shard* for each part, written atomically and never twice. What a part comes to depends on the part alone, so that it
does not matter who does it. Stages say what their job is; only this room knows where it is done.
"""
