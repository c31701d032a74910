"""What the owners of an index may do and see: the one place for the web and for the command line.

One desk for each noun: `publishers`, `projects`, `tokens`. Whoever comes to a desk says who they are, and whatever they
do is written down under that name, in the transaction that does it. Answers are plain JSON values, the same on both
ways. An error is a BondedError whose sentence is for the owner.
"""

from bonded.index.administration.desks import Administration
from bonded.index.administration.errors import AlreadyThere, NotFound, Unacceptable
from bonded.index.administration.projects import Projects, Target
from bonded.index.administration.publishers import NewPublisher, Publishers
from bonded.index.administration.registry import Registry
from bonded.index.administration.tokens import NewToken, Tokens

__all__ = [
    "Administration",
    "AlreadyThere",
    "NewPublisher",
    "NewToken",
    "NotFound",
    "Projects",
    "Publishers",
    "Registry",
    "Target",
    "Tokens",
    "Unacceptable",
]
