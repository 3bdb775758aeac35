"""What dicomet.charset is made of: the defined terms, and code extension by escape sequences."""
