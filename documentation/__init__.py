"""The documentation site: pages of `docs/`, a reference made from the code, one built site in two languages."""
