"""Doors to other tools: an audit that is finished is told to a tracking server, or to a hub of models.

What leaves is packed first (`parcel`), for everybody unless somebody says otherwise; a destination (`to_*`) sends what
is in the parcel and sees nothing else. Each needs a package that is an extra, and imports it when it is asked to send.
"""

#: Destinations: the module `to_NAME` sends.
NAMES = ("mlflow", "wandb", "trackio", "hub")
