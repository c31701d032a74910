"""The rules of the audit: one file each, named as its id; `audit` has the only list of them."""
