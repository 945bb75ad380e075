"""A case of inspection: from the order to the archive, with its officers, results, evidence and follow-up."""
