"""An inspection case from opening to archive: approval, check-in, findings, reviews, follow-up."""
