"""Languages of reports: words from gettext catalogues; numbers, amounts and dates by CLDR. A value, never a global."""
