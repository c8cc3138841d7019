"""Changes that keep the right answer as it is: typing errors, spelling, characters that look alike, blur, noise.

A room of `audit.probes`: one small module per family of transforms, `registry` names them all. Whether a change keeps
the meaning is decided here, word by word, and what might not is refused with its reason.
"""
