"""What a run leaves behind: observations by digest, and one fsynced line per duty."""
