"""Pages for strangers: nobody signs in, no cookie is read or set, and what they may do is in the link alone."""
