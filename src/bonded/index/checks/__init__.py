"""The checks that an upload must pass, by what they look at; `index/uploads.py` puts them in order."""
