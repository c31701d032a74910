"""A Sigstore of one evening: certificates for ID tokens, and a log of what was signed with them.

It speaks as Sigstore's public services do, under their names. Who takes the evening's trust root believes it; nobody
else does.
"""
