"""The nouns of nbmlops: frozen values that every room understands."""
