"""Who built this file? Attestations of PEP 740, signed, verified, and held against a policy.

    sign, trust_root, fetching       edges: Sigstore, files, indexes
    everything else                  values in, values out

`pypi_attestations` and `sigstore` take half a second to load, so they are imported inside functions only.
"""
