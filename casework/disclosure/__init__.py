"""What the public sees: drafted, approved, published, corrected, withdrawn."""
