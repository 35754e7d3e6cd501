"""A small SIP user agent (RFC 3261 over UDP, digest, REFER, A-law): phones and providers."""
