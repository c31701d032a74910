"""`/-/api/`: an index in its owners' hands, as JSON. Every request carries an admin token, every no is a problem."""

from bonded.index.web.admin.addresses import Admin

__all__ = ["Admin"]
