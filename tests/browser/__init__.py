"""HTML reports in a real browser: what assistive technology, keyboards, printers and narrow screens make of them."""
