"""`result.json` becomes documents: HTML, Markdown, CSV. No number is computed here, only chosen and worded."""
