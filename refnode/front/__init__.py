"""One address before two nodes: HAProxy or nginx where they are installed, else a small router of our own."""
