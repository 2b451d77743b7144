"""The audit log: who did what, from where, with which result; written with the act, never changed."""
