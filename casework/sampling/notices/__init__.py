"""One file per paper of a campaign."""
